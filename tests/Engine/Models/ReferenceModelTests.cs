using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Tests.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Models;

public sealed class ReferenceModelTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("qwen3-tiny")]
    [InlineData("llama-tiny")]
    public void Forward_PublishedFolder_AgreesWithFloat64Reference(string name)
    {
        var folder = SharedFolder.Require($"fixtures/reference-models/{name}");
        using var model = HuggingFaceFolder.LoadModel(folder);

        foreach (var reference in Cases(folder))
        {
            var ids = reference["ids"]!.AsArray().Select(i => i!.GetValue<int>()).ToArray();
            var expected = reference["last_logits"]!.AsArray().Select(v => v!.GetValue<double>()).ToArray();

            var actual = model.LastLogits(ids);

            Assert.Equal(expected.Length, actual.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - actual[i]) < Tolerance, $"{name}, {ids.Length} tokens, logit {i}: {actual[i]}, reference {expected[i]}");
        }
    }

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("qwen3-tiny")]
    [InlineData("llama-tiny")]
    public void Forward_PublishedFolder_GivesTheReferenceArgmaxAtEveryPosition(string name)
    {
        var folder = SharedFolder.Require($"fixtures/reference-models/{name}");
        using var model = HuggingFaceFolder.LoadModel(folder);
        using var noGrad = no_grad();

        foreach (var reference in Cases(folder))
        {
            using var scope = NewDisposeScope();
            var ids = reference["ids"]!.AsArray().Select(i => i!.GetValue<long>()).ToArray();
            var logits = model.Head(model.Hidden(tensor(ids).unsqueeze(0)));
            var argmax = logits.argmax(-1).squeeze(0).data<long>().ToArray();

            Assert.Equal(reference["argmax"]!.AsArray().Select(i => i!.GetValue<long>()), argmax);
            if (reference["mean_nll"] is { } nll && ids.Length > 1)
            {
                var loss = nn.functional.cross_entropy(logits.squeeze(0)[..^1], tensor(ids[1..])).ToDouble();
                Assert.Equal(nll.GetValue<double>(), loss, Tolerance);
            }
        }
    }

    /// <summary>The packed weights that serving uses.</summary>
    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("qwen3-tiny")]
    [InlineData("llama-tiny")]
    public void Forward_PackedForInference_AgreesWithFloat64Reference(string name)
    {
        var folder = SharedFolder.Require($"fixtures/reference-models/{name}");
        using var model = HuggingFaceFolder.LoadModel(folder);
        using var pass = new InferencePass(model, threads: 2);

        foreach (var reference in Cases(folder))
        {
            var ids = reference["ids"]!.AsArray().Select(i => i!.GetValue<int>()).ToArray();
            var expected = reference["last_logits"]!.AsArray().Select(v => v!.GetValue<double>()).ToArray();

            var logits = pass.Logits(ids);

            Assert.All(expected.Zip(logits[^1]), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
            Assert.Equal(reference["argmax"]!.AsArray().Select(i => i!.GetValue<int>()), logits.Select(row => Array.IndexOf(row, row.Max())));
        }
    }

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("qwen3-tiny")]
    [InlineData("llama-tiny")]
    public void Save_ThenLoad_GivesTheSameLogits(string name)
    {
        var folder = SharedFolder.Require($"fixtures/reference-models/{name}");
        var copy = Directory.CreateTempSubdirectory("platform-model-").FullName;
        try
        {
            using var model = HuggingFaceFolder.LoadModel(folder);
            HuggingFaceFolder.Save(copy, model, tokenizer: null);
            using var loaded = HuggingFaceFolder.LoadModel(copy);

            Assert.Equal(model.Config, loaded.Config);
            Assert.Equal(model.LastLogits([1, 2, 3]), loaded.LastLogits([1, 2, 3]));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static List<JsonNode> Cases(string folder) =>
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")))!["cases"]!.AsArray().Select(c => c!)];
}
