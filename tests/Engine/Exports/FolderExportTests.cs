using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Exports;
using TorchSharp;

namespace Platform.Engine.Tests.Exports;

public sealed class FolderExportTests
{
    [Theory]
    [InlineData("qwen2", true)]
    [InlineData("qwen3", false)]
    [InlineData("llama", true)]
    [InlineData("mistral", false)]
    public void WriteModel_WithAdapter_ComputesWhatModelAndAdapterDo(string family, bool tied)
    {
        using var folder = new TemporaryFolder();
        var (model, adapter, merged) = (folder.File("model"), folder.File("adapter"), folder.File("merged"));
        ExportFolder.WriteModel(model, ExportFolder.Shape(family, tied: tied));
        ExportFolder.WriteAdapter(adapter, model);

        var report = FolderExport.WriteModel(model, adapter, null, merged);

        var expected = ExportFolder.Logits(model, adapter, 5, 6, 7);
        Assert.All(expected.Zip(ExportFolder.Logits(merged, null, 5, 6, 7)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Contains(expected.Zip(ExportFolder.Logits(model, null, 5, 6, 7)), pair => Math.Abs(pair.First - pair.Second) > 0.1);
        Assert.Equal(new DirectoryInfo(merged).GetFiles().Sum(file => file.Length), report.Bytes);
    }

    [Theory]
    [InlineData("BF16", "bfloat16", torch.ScalarType.BFloat16)]
    [InlineData("F16", "float16", torch.ScalarType.Float16)]
    [InlineData("F32", "float32", torch.ScalarType.Float32)]
    public void WriteModel_NoTypeAsked_KeepsTypeWeightsAndEveryField(string stored, string name, torch.ScalarType type)
    {
        using var folder = new TemporaryFolder();
        var (model, copy) = (folder.File("model"), folder.File("copy"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("qwen3"), type: stored);
        File.WriteAllText(Path.Combine(model, "generation_config.json"), """{"eos_token_id":[0,3]}""");
        File.WriteAllText(Path.Combine(model, "notes.txt"), "not part of a model");

        FolderExport.WriteModel(model, null, null, copy);

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(copy, "config.json")))!;
        Assert.Equal(name, config["torch_dtype"]!.GetValue<string>());
        Assert.Equal("kept", config["unknown_to_the_engine"]!.GetValue<string>());
        Assert.Equal(ExportFolder.Logits(model, null, 5, 6), ExportFolder.Logits(copy, null, 5, 6));
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"], Directory.GetFiles(copy).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Safetensors.Read(Path.Combine(copy, "model.safetensors"), (_, tensor) => Assert.Equal(type, tensor.dtype));
        Assert.Equal("pt", Safetensors.ReadMetadata(Path.Combine(copy, "model.safetensors"))["format"]); // transformers refuses files without it
    }

    [Fact]
    public void WriteModel_FolderInUse_IsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        var model = folder.File("model");
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        Directory.CreateDirectory(folder.File("out"));
        File.WriteAllText(folder.File("out/mine.txt"), "mine");

        Assert.Contains("is not an empty folder", Assert.Throws<IOException>(() => FolderExport.WriteModel(model, null, null, folder.File("out"))).Message, StringComparison.Ordinal);

        Assert.Equal("mine", File.ReadAllText(folder.File("out/mine.txt")));
        File.Delete(folder.File("out/mine.txt"));
        FolderExport.WriteModel(model, null, null, folder.File("out"));
    }

    [Fact]
    public void WriteModel_Interrupted_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var model = folder.File("model");
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));

        Assert.Throws<OperationCanceledException>(() => FolderExport.WriteModel(model, null, null, folder.File("out"), new CancellationToken(canceled: true)));
        Assert.Throws<OperationCanceledException>(() => GgufExport.Write(model, null, null, folder.File("out.gguf"), new CancellationToken(canceled: true)));

        Assert.Equal(["model"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Exports_OfEveryKind_LeaveNoTensorBehind()
    {
        using var folder = new TemporaryFolder();
        var (model, adapter) = (folder.File("model"), folder.File("adapter"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        ExportFolder.WriteAdapter(adapter, model);
        var before = torch.Tensor.TotalCount;

        FolderExport.WriteModel(model, adapter, torch.ScalarType.Float16, folder.File("merged"));
        FolderExport.WriteAdapter(model, adapter, null, folder.File("copy"));
        foreach (var type in Enum.GetValues<GgufType>())
            GgufExport.Write(model, adapter, type, folder.File($"{type}.gguf"));

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void WriteAdapter_LoadsAgain_InTheTypeAskedFor()
    {
        using var folder = new TemporaryFolder();
        var (model, adapter, copy) = (folder.File("model"), folder.File("adapter"), folder.File("copy"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("qwen2"));
        ExportFolder.WriteAdapter(adapter, model);

        FolderExport.WriteAdapter(model, adapter, torch.ScalarType.BFloat16, copy);

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(copy, "adapter_config.json")))!;
        Assert.Equal(("LORA", "CAUSAL_LM", 3, 6.0), (config["peft_type"]!.GetValue<string>(), config["task_type"]!.GetValue<string>(), config["r"]!.GetValue<int>(), config["lora_alpha"]!.GetValue<double>()));
        Assert.Equal(["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"], config["target_modules"]!.AsArray().Select(module => module!.GetValue<string>()));
        Assert.All(ExportFolder.Logits(model, adapter, 5, 6).Zip(ExportFolder.Logits(model, copy, 5, 6)), pair => Assert.Equal(pair.First, pair.Second, 0.15));
        Safetensors.Read(Path.Combine(copy, "adapter_model.safetensors"), (name, tensor) =>
        {
            Assert.StartsWith("base_model.model.model.layers.", name, StringComparison.Ordinal);
            Assert.Equal(torch.ScalarType.BFloat16, tensor.dtype);
        });
    }

    [Fact]
    public void Load_AdapterOfSomeModules_ChangesOnlyThose()
    {
        using var folder = new TemporaryFolder();
        var (model, adapter, merged) = (folder.File("model"), folder.File("adapter"), folder.File("merged"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        ExportFolder.WriteAdapter(adapter, model);
        Keep(adapter, "q_proj", "v_proj");

        FolderExport.WriteModel(model, adapter, null, merged);

        Assert.All(ExportFolder.Logits(model, adapter, 5, 6, 7).Zip(ExportFolder.Logits(merged, null, 5, 6, 7)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        var source = Read(model, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        var changed = Read(merged, "model.safetensors").Where(t => !t.Value.SequenceEqual(source[t.Key])).Select(t => t.Key.Split('.')[^2]).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["q_proj", "v_proj"], changed);
    }

    [Fact]
    public void Load_RankStabilisedAdapter_IsScaledByTheRootOfItsRank()
    {
        using var folder = new TemporaryFolder();
        var (model, adapter) = (folder.File("model"), folder.File("adapter"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        ExportFolder.WriteAdapter(adapter, model);
        var plain = ExportFolder.Logits(model, adapter, 5, 6, 7);

        // r = 3: α / √3 is 6 / 3 for α = 2·√3.
        Change(adapter, config => (config["use_rslora"], config["lora_alpha"]) = (true, 2 * Math.Sqrt(3)));

        Assert.All(plain.Zip(ExportFolder.Logits(model, adapter, 5, 6, 7)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Theory]
    [InlineData("use_dora", "true")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("bias", "\"all\"")]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("modules_to_save", "[\"lm_head\"]")]
    [InlineData("rank_pattern", "{\"q_proj\":4}")]
    [InlineData("r", "0")]
    [InlineData("lora_alpha", "null")]
    public void Load_AdapterThatAsksForMore_IsRefusedByField(string field, string value)
    {
        using var folder = new TemporaryFolder();
        var (model, adapter) = (folder.File("model"), folder.File("adapter"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        ExportFolder.WriteAdapter(adapter, model);
        Change(adapter, config => config[field] = JsonNode.Parse(value));

        var problem = Assert.Throws<InvalidDataException>(() => ExportFolder.Logits(model, adapter, 5)).Message;

        Assert.Contains($"adapter_config.json: {field}:", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AdapterOfAnotherModel_NamesTheTensor()
    {
        using var folder = new TemporaryFolder();
        var (model, other, adapter) = (folder.File("model"), folder.File("other"), folder.File("adapter"));
        ExportFolder.WriteModel(model, ExportFolder.Shape("llama"));
        ExportFolder.WriteModel(other, ExportFolder.Shape("llama", headSize: 8));
        ExportFolder.WriteAdapter(adapter, other);

        var problem = Assert.Throws<InvalidDataException>(() => FolderExport.WriteModel(model, adapter, null, folder.File("out"))).Message;

        Assert.Contains("self_attn", problem, StringComparison.Ordinal);
        Assert.Contains("does not fit the model, which asks for", problem, StringComparison.Ordinal);
    }

    private static void Change(string adapter, Action<JsonObject> change)
    {
        var path = Path.Combine(adapter, "adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    private static void Keep(string adapter, params string[] modules)
    {
        var path = Path.Combine(adapter, "adapter_model.safetensors");
        var kept = new List<(string, torch.Tensor)>();
        Safetensors.Read(path, (name, tensor) =>
        {
            if (modules.Contains(name.Split('.')[^3]))
                kept.Add((name, tensor.clone().DetachFromDisposeScope()));
        });
        Safetensors.Write(path, kept);
        foreach (var (_, tensor) in kept)
            tensor.Dispose();
    }

    private static Dictionary<string, float[]> Read(string folder, params string[] files)
    {
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var file in files)
            Safetensors.Read(Path.Combine(folder, file), (name, tensor) => tensors[name] = tensor.data<float>().ToArray());
        return tensors;
    }
}
