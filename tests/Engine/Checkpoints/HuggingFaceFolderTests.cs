using Platform.Engine.Checkpoints;
using Platform.Engine.Tests.Models;
using TorchSharp;

namespace Platform.Engine.Tests.Checkpoints;

/// <summary>Folders whose files do not fit: each is refused with the tensor and the reason.</summary>
public sealed class HuggingFaceFolderTests
{
    private static readonly PublishedShape Shape = new("llama", 12, 8, 6, 2, 2, 1, 4, 10_000, 1e-6, Tied: true, false, false, null, false);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void LoadModel_FileCutAtAnyPlace_IsRefused(int shards)
    {
        using var folder = new TemporaryFolder();
        Write(folder, shards: shards);
        var file = Directory.GetFiles(folder.Path, "*.safetensors")[^1];
        var whole = File.ReadAllBytes(file);

        foreach (var length in (int[])[0, 4, 8, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Contains(Path.GetFileName(file), Refusal(folder), StringComparison.Ordinal);
        }

        File.WriteAllBytes(file, [.. whole, 0]);
        Assert.Contains("It is damaged", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadModel_ShardMissing_IsNamed()
    {
        using var folder = new TemporaryFolder();
        Write(folder, shards: 3);
        File.Delete(folder.File("model-00002-of-00003.safetensors"));

        Assert.Contains("the shard model-00002-of-00003.safetensors is missing", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadModel_IndexPointingOutside_StaysInTheFolder()
    {
        using var folder = new TemporaryFolder();
        Write(folder, shards: 2);
        var index = folder.File("model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace("model-00001", "../../model-00001", StringComparison.Ordinal));

        using var model = HuggingFaceFolder.LoadModel(folder.Path);

        Assert.Equal(Shape.Vocabulary, model.Config.VocabularySize);
    }

    [Theory]
    [InlineData("model.layers.1.mlp.up_proj.weight", null, "1 tensors are missing, first model.layers.1.mlp.up_proj.weight")]
    [InlineData(null, "model.layers.0.self_attn.q_proj.bias", "a bias that the config of this llama model does not go with")]
    [InlineData(null, "model.layers.0.mlp.experts.0.w1.weight", "mixture of experts is not supported")]
    [InlineData(null, "model.layers.0.self_attn.q_proj.qweight", "quantised checkpoints are not supported")]
    [InlineData(null, "model.layers.0.self_attn.q_proj.weight_scale_inv", "quantised checkpoints are not supported")]
    public void LoadModel_OtherTensors_AreNamed(string? without, string? with, string expected)
    {
        using var folder = new TemporaryFolder();
        Write(folder, tensors => [.. tensors.Where(t => t.Name != without), .. with is null ? [] : new[] { (with, new[] { 1 }) }]);

        Assert.Contains(expected, Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadModel_OtherShape_NamesBoth()
    {
        using var folder = new TemporaryFolder();
        Write(folder, tensors => [.. tensors.Select(t => t.Name == "model.norm.weight" ? (t.Name, [9]) : t)]);

        Assert.Contains("tensor model.norm.weight F32[9] should be [8] by config.json", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("I8")]
    [InlineData("F8_E4M3")]
    public void LoadModel_QuantisedType_IsRefusedBeforeAnyWeightIsRead(string type)
    {
        using var folder = new TemporaryFolder();
        Write(folder, type: type);

        var problem = Refusal(folder);

        Assert.Contains(type, problem, StringComparison.Ordinal);
        Assert.Contains("quantised checkpoints are not supported", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadModel_TiedWithTheSharedTensorUnderItsOtherName_IsTheSameModel()
    {
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        Write(one);
        Write(other, tensors => [.. tensors.Select(t => t.Name == "model.embed_tokens.weight" ? ("lm_head.weight", t.Shape) : t)]);

        using var first = HuggingFaceFolder.LoadModel(one.Path);
        using var second = HuggingFaceFolder.LoadModel(other.Path);

        Assert.Equal(first.LastLogits([1, 2]), second.LastLogits([1, 2]));
    }

    [Fact]
    public void LoadModel_InBFloat16_HoldsWeightsOfThatType()
    {
        using var folder = new TemporaryFolder();
        Write(folder);

        using var model = HuggingFaceFolder.LoadModel(folder.Path, dtype: torch.ScalarType.BFloat16);
        using var wide = HuggingFaceFolder.LoadModel(folder.Path);

        Assert.Equal(torch.ScalarType.BFloat16, model.Dtype);
        Assert.Equal(wide.SizeBytes / 2, model.SizeBytes);
        Assert.All(wide.LastLogits([1, 2]).Zip(model.LastLogits([1, 2])), pair => Assert.Equal(pair.First, pair.Second, 0.1));
    }

    [Fact]
    public void LoadModel_PickledWeights_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), Shape.Config().ToJsonString());
        File.WriteAllText(folder.File("pytorch_model.bin"), "");

        Assert.Contains("convert them to safetensors", Refusal(folder), StringComparison.Ordinal);
    }

    private static string Refusal(TemporaryFolder folder)
    {
        var before = torch.Tensor.TotalCount;
        var problem = Assert.Throws<InvalidDataException>(() => HuggingFaceFolder.LoadModel(folder.Path).Dispose()).Message;
        Assert.Equal(before, torch.Tensor.TotalCount);
        return problem;
    }

    private static void Write(TemporaryFolder folder, Func<List<(string Name, int[] Shape)>, List<(string Name, int[] Shape)>>? change = null, int shards = 1, string type = "F32")
    {
        List<(string Name, int[] Shape)> tensors = [.. Shape.Tensors()];
        tensors = change?.Invoke(tensors) ?? tensors;
        var random = new Random(1);
        var weights = tensors.ToDictionary(t => t.Name, t => Enumerable.Range(0, t.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)random.NextDouble()).ToArray());
        PublishedFolder.Write(folder.Path, Shape.Config(), tensors, weights, type, shards);
    }
}
