using Platform.Engine.Inference;
using Platform.Engine.Models;

namespace Platform.Engine.Tests.Inference;

public sealed class BatchDecoderTests
{
    private const int Never = -1; // an end token that the model cannot produce

    [Fact]
    public void Generate_WithCache_EqualsFullForwardPassesTokenByToken()
    {
        using var model = TinyModel.Create();
        int[] prompt = [20, 21, 22, 23, 24];

        var actual = Generate(model, Never, (prompt, 12))[0];

        Assert.Equal(Uncached(model, prompt, 12), actual.Ids);
        Assert.False(actual.Ended);
        Assert.InRange(actual.MeanProbability, 0, 1);
    }

    [Fact]
    public void Generate_BatchOfDifferentLengthsAndLimits_EqualsOneByOne()
    {
        using var model = TinyModel.Create();
        (int[] Prompt, int Limit)[] requests = [([20, 21, 22, 23, 24, 25, 26], 3), ([30], 9), ([40, 41, 42], 6)];

        var together = Generate(model, Never, requests);

        foreach (var (request, continuation) in requests.Zip(together))
        {
            Assert.Equal(request.Limit, continuation.Ids.Count);
            Assert.Equal(Generate(model, Never, request)[0].Ids, continuation.Ids);
        }
    }

    [Fact]
    public void Generate_EndTokenChosen_EndsWithoutIt()
    {
        using var model = TinyModel.Create();
        int[] prompt = [20, 21, 22];
        var free = Uncached(model, prompt, 5);
        var end = free[2];

        var actual = Generate(model, end, (prompt, 5))[0];

        Assert.True(actual.Ended);
        Assert.Equal(free.TakeWhile(id => id != end), actual.Ids);
    }

    private static List<Continuation> Generate(CausalLanguageModel model, int end, params (int[] Prompt, int Limit)[] plans)
    {
        var requests = plans.Select(plan => new TextRequest(plan.Prompt, plan.Limit, [end], null)).ToList();
        new BatchDecoder(model).Generate(requests);
        return requests.ConvertAll(request => request.Continuation);
    }

    private static List<int> Uncached(CausalLanguageModel model, int[] prompt, int count)
    {
        var ids = prompt.ToList();
        for (var i = 0; i < count; i++)
        {
            var logits = model.LastLogits(ids);
            ids.Add(Array.IndexOf(logits, logits.Max()));
        }

        return ids[prompt.Length..];
    }
}
