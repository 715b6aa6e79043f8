using Platform.Engine.Generation;
using Platform.Engine.Models;

namespace Platform.Engine.Tests.Generation;

public sealed class GreedyDecoderTests
{
    private const int Never = -1; // an end token that the model cannot produce

    [Fact]
    public void Generate_WithCache_EqualsFullForwardPassesTokenByToken()
    {
        using var model = TinyModel.Create();
        int[] prompt = [20, 21, 22, 23, 24];

        var actual = new GreedyDecoder(model, Never).Generate([prompt], [12], CancellationToken.None)[0];

        Assert.Equal(Uncached(model, prompt, 12), actual.Ids);
        Assert.False(actual.Ended);
        Assert.InRange(actual.MeanProbability, 0, 1);
    }

    [Fact]
    public void Generate_BatchOfDifferentLengthsAndLimits_EqualsOneByOne()
    {
        using var model = TinyModel.Create();
        int[][] prompts = [[20, 21, 22, 23, 24, 25, 26], [30], [40, 41, 42]];
        int[] limits = [3, 9, 6];
        var decoder = new GreedyDecoder(model, Never);

        var together = decoder.Generate(prompts, limits, CancellationToken.None);

        for (var i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(limits[i], together[i].Ids.Count);
            Assert.Equal(decoder.Generate([prompts[i]], [limits[i]], CancellationToken.None)[0].Ids, together[i].Ids);
        }
    }

    [Fact]
    public void Generate_EndTokenChosen_EndsWithoutIt()
    {
        using var model = TinyModel.Create();
        int[] prompt = [20, 21, 22];
        var free = Uncached(model, prompt, 5);
        var end = free[2];

        var actual = new GreedyDecoder(model, end).Generate([prompt], [5], CancellationToken.None)[0];

        Assert.True(actual.Ended);
        Assert.Equal(free.TakeWhile(id => id != end), actual.Ids);
    }

    [Fact]
    public void Generate_Cancelled_Throws()
    {
        using var model = TinyModel.Create();

        Assert.Throws<OperationCanceledException>(() => new GreedyDecoder(model, Never).Generate([[1, 2]], [5], new CancellationToken(canceled: true)));
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
