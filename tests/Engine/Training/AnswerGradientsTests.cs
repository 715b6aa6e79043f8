using Platform.Engine.Models;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class AnswerGradientsTests
{
    private static readonly int[] Lengths = [9, 30, 9, 17, 5, 9, 30, 12];
    private static readonly double[] Weights = [.. Lengths.Select((_, i) => 0.01 * (i + 1))];

    [Theory]
    [InlineData("llama", true, 2048, false)]
    [InlineData("qwen3", false, 2048, false)]
    [InlineData("qwen2", true, 40, false)]
    [InlineData("llama", true, 2048, true)]
    [InlineData("qwen3", false, 40, true)]
    public void Add_RowsPackedTogether_EqualOneAfterAnother(string family, bool tied, int microBatchTokens, bool checkpointing)
    {
        var rows = Rows(Lengths);
        using var plain = Create(family, tied);
        using var packed = Create(family, tied);
        var expected = rows.Zip(Weights).Select(pair => PlainLoss(plain, pair.First, pair.Second)).ToArray();

        var losses = new AnswerGradients(packed, null, microBatchTokens, checkpointing).Add(rows, Weights, update: 0);

        Assert.All(expected.Zip(losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        AssertSameGradients(Gradients(plain), Gradients(packed), 2e-5);
    }

    [Fact]
    public void Add_OtherNeighbours_ChangeNoLoss()
    {
        using var model = Create("llama", tied: true);
        var rows = Rows(Lengths);
        var others = Rows(Lengths, seed: 99);

        var with = new AnswerGradients(model, null, 2048, checkpointing: false).Add(rows, Weights, 0);
        var without = new AnswerGradients(model, null, 2048, checkpointing: false).Add([.. others.Select((row, i) => i == 3 ? rows[3] : row)], Weights, 0);

        Assert.Equal(with[3], without[3], 1e-6);
        Assert.DoesNotContain(with.Zip(without).Index().Where(p => p.Index != 3), p => Math.Abs(p.Item.First - p.Item.Second) < 1e-6);
        Assert.Equal(AnswerLoss.RowLosses(model, [rows[3]])[0], with[3], 1e-5);
    }

    [Fact]
    public void Add_FirstTokensOfARow_GetNoGradientFromItsNeighbours()
    {
        // Token 7 occurs in one row only, whose answers do not count: whatever reached its embedding would have come from another row.
        using var model = Create("llama", tied: false);
        var rows = new[] { new TokenizedRow([1, 2, 3, 4], 3), new TokenizedRow([7, 7, 7, 7], 3), new TokenizedRow([5, 6, 5, 6], 3), new TokenizedRow([4, 3, 2, 1, 2], 3) };

        new AnswerGradients(model, null, 2048, checkpointing: false).Add(rows, [0.5, 0, 0.5, 0.5], 0);

        var gradient = model.Stack.EmbeddingWeight.grad!;
        Assert.Equal(0, gradient[7].abs().max().ToDouble());
        Assert.True(gradient[5].abs().max().ToDouble() > 0);
    }

    [Fact]
    public void Add_CheckpointedAdapterWithDropout_GivesTheSameGradients()
    {
        using var model = Create("llama", tied: true);
        foreach (var parameter in model.parameters())
            parameter.requires_grad_(false);
        var rows = Rows(Lengths);

        var kept = Adapted(checkpointing: false);
        var computedAgain = Adapted(checkpointing: true);

        AssertSameGradients(kept, computedAgain, 1e-7);
        Assert.Contains(kept.Values, gradient => gradient.Any(value => value != 0));
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));

        Dictionary<string, float[]> Adapted(bool checkpointing)
        {
            using var adapter = new LoraAdapter(model, new LoraOptions { Rank = 2, Alpha = 4, Dropout = 0.3 });
            using var used = adapter.Use(model);
            new AnswerGradients(model, adapter, 40, checkpointing).Add(rows, Weights, update: 5);
            return adapter.NamedParameters().ToDictionary(p => p.Name, p => p.Parameter.grad!.data<float>().ToArray());
        }
    }

    [Fact]
    public void Add_Checkpointing_NeedsLessMemory()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Peak memory is read from /proc.");
        using var model = new CausalLanguageModel(TinyModel.Config with { HiddenSize = 128, IntermediateSize = 384, HeadSize = 32, Layers = 8, ContextTokens = 512 });
        model.Initialize(1);
        var rows = Rows([.. Enumerable.Repeat(257, 8)]);
        double[] weights = [.. rows.Select(_ => 0.01)];
        Add(checkpointing: true); // makes the gradients

        var checkpointed = PeakMemory.Growth(() => Add(checkpointing: true));
        var kept = PeakMemory.Growth(() => Add(checkpointing: false));

        Assert.True(checkpointed * 2 < kept, $"{checkpointed >> 20} MB with checkpointing, {kept >> 20} MB without");

        void Add(bool checkpointing) => new AnswerGradients(model, null, 4096, checkpointing).Add(rows, weights, 0);
    }

    private static CausalLanguageModel Create(string family, bool tied)
    {
        var model = new CausalLanguageModel(TinyModel.Config with { Family = family, TiedHead = tied, QueryKeyValueBias = family == "qwen2", QueryKeyNorm = family == "qwen3" });
        model.Initialize(3);
        using var noGrad = no_grad();
        foreach (var (name, parameter) in model.named_parameters().Where(p => !p.name.Contains("norm", StringComparison.Ordinal)))
            parameter.mul_(4); // at the usual size of fresh weights attention hardly looks around
        return model;
    }

    private static List<TokenizedRow> Rows(IReadOnlyList<int> lengths, int seed = 1)
    {
        var random = new SeededRandom(seed);
        return [.. lengths.Select(length => new TokenizedRow([.. Enumerable.Range(0, length).Select(_ => random.Next(320))], length - Math.Min(3, length - 1)))];
    }

    /// <summary>One row by itself through the public forward pass and libtorch's own loss; adds its gradients.</summary>
    private static double PlainLoss(CausalLanguageModel model, TokenizedRow row, double weight)
    {
        using var scope = NewDisposeScope();
        var ids = tensor([.. row.Ids.Select(id => (long)id)]);
        var logits = model.Head(model.Hidden(ids[..^1].unsqueeze(0))).squeeze(0)[(row.PromptTokens - 1)..];
        var losses = nn.functional.cross_entropy(logits, ids[row.PromptTokens..], reduction: nn.Reduction.None);
        losses.sum().mul(weight).backward();
        return losses.mean().ToDouble();
    }

    private static Dictionary<string, float[]> Gradients(CausalLanguageModel model) =>
        model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.data<float>().ToArray());

    private static void AssertSameGradients(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual, double tolerance)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, values) in expected)
            Assert.InRange(values.Zip(actual[name]).Max(pair => Math.Abs(pair.First - pair.Second)), 0, tolerance * Math.Max(1, values.Max(Math.Abs)));
    }
}
