using CsCheck;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Models;

/// <summary>Random models of every family, read from folders as published, against the plain reference in double arithmetic.</summary>
public sealed class FamilyTests
{
    private const int Rounds = 40;

    public static TheoryData<string> Families => ["qwen2", "qwen3", "llama", "mistral"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_RandomShapes_AgreesWithTheSlowReference(string family) =>
        Gen.Select(PublishedShape.Of(family), Gen.Int[1, 14], PublishedShape.AnyOf("F32", "F16", "BF16"), Gen.Int[1, 3], Gen.Int)
            .Sample((shape, length, type, shards, seed) =>
            {
                using var folder = new TemporaryFolder();
                var weights = shape.Weights(seed);
                PublishedFolder.Write(folder.Path, shape.Config(), shape.Tensors(), weights, type, shards);
                var random = new Random(seed);
                int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.Next(shape.Vocabulary))];
                var expected = new SlowDecoder(shape, weights).Logits(ids);

                using var model = HuggingFaceFolder.LoadModel(folder.Path);

                AssertClose(expected[^1], model.LastLogits(ids));
                AssertClose([.. expected.SelectMany(row => row)], AllLogits(model, ids));
            }, iter: Rounds, threads: 1);

    [Theory]
    [MemberData(nameof(Families))]
    public void Tensors_RandomShapes_AreTheModelsParameters(string family) =>
        PublishedShape.Of(family).Sample(shape =>
        {
            using var folder = new TemporaryFolder();
            File.WriteAllText(folder.File("config.json"), shape.Config().ToJsonString());
            var config = ModelConfig.Load(folder.File("config.json"));
            using var model = new CausalLanguageModel(config);

            var published = shape.Tensors().Select(t => $"{t.Name} {string.Join('x', t.Shape)}").Order(StringComparer.Ordinal);
            Assert.Equal(published, config.Tensors().Select(t => $"{t.Name} {string.Join('x', t.Shape)}").Order(StringComparer.Ordinal));
            Assert.Equal(published, model.named_parameters().Select(p => $"{p.name} {string.Join('x', p.parameter.shape)}").Order(StringComparer.Ordinal));
            Assert.Equal(model.parameters().Sum(p => p.numel()), config.ParameterCount());
        }, iter: Rounds, threads: 1);

    [Theory]
    [MemberData(nameof(Families))]
    public void Save_RandomShapes_ReadsBackAsTheSameConfig(string family) =>
        PublishedShape.Of(family).Sample(shape =>
        {
            using var folder = new TemporaryFolder();
            File.WriteAllText(folder.File("config.json"), shape.Config().ToJsonString());
            var config = ModelConfig.Load(folder.File("config.json"));

            config.Save(folder.File("again.json"), "float32");

            Assert.Equal(config, ModelConfig.Load(folder.File("again.json")));
        }, iter: Rounds, threads: 1);

    private static float[] AllLogits(CausalLanguageModel model, int[] ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return model.Head(model.Hidden(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))).data<float>().ToArray();
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        // Where numbers are large float32 itself is coarser than 1e-4.
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-4 * Math.Max(1, Math.Abs(expected[i]) / 10), $"logit {i}: {actual[i]}, reference {expected[i]}");
    }
}
