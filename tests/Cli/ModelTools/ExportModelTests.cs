using Platform.Engine.Checkpoints;
using Platform.Engine.Models;

namespace Platform.Cli.Tests.ModelTools;

public sealed class ExportModelTests
{
    [Theory]
    [InlineData("f32", 4.0)]
    [InlineData("f16", 2.0)]
    [InlineData("bf16", 2.0)]
    [InlineData("q8_0", 34 / 32.0)]
    public async Task ExportModel_Gguf_WritesOneFileOfTheTypesSize(string type, double bytesPerWeight)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        var json = (await CommandRun.OfAsync("export-model", "--model", folder.At("model"), "--format", "gguf", "--type", type, "--out", folder.At("model.gguf"), "--json")).Expect(0).Json;

        Assert.Equal(["path", "files", "parameters", "bytes"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(TinyModel.Shape.ParameterCount(), json.GetProperty("parameters").GetInt64());
        Assert.Equal(new FileInfo(folder.At("model.gguf")).Length, json.GetProperty("bytes").GetInt64());
        Assert.InRange(json.GetProperty("bytes").GetInt64(), TinyModel.Shape.ParameterCount() * bytesPerWeight, TinyModel.Shape.ParameterCount() * bytesPerWeight + 20_000);
        Assert.Equal("GGUF"u8.ToArray(), File.ReadAllBytes(folder.At("model.gguf"))[..4]);
    }

    [Fact]
    public async Task ExportModel_HuggingFaceWithAdapter_IsAModelThatTheOtherCommandsTake()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        WriteAdapter(folder.At("adapter"), folder.At("model"));

        (await CommandRun.OfAsync("export-model", "--model", folder.At("model"), "--adapter", folder.At("adapter"), "--format", "huggingface", "--out", folder.At("merged"))).Expect(0);

        // An adapter that is new changes nothing.
        var before = (await CommandRun.OfAsync("logits", "--model", folder.At("model"), "--ids", "5,6,7", "--json")).Expect(0).Json;
        var after = (await CommandRun.OfAsync("logits", "--model", folder.At("merged"), "--ids", "5,6,7", "--json")).Expect(0).Json;
        Assert.Equal(before.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()), after.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()));
    }

    [Fact]
    public async Task ExportModel_Peft_WritesTheAdapterAlone()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        WriteAdapter(folder.At("adapter"), folder.At("model"));

        var json = (await CommandRun.OfAsync("export-model", "--model", folder.At("model"), "--adapter", folder.At("adapter"), "--format", "peft", "--type", "f16", "--out", folder.At("copy"), "--json")).Expect(0).Json;

        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], json.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
    }

    [Theory]
    [InlineData("--type q8_0 is for --format gguf", "--format", "huggingface", "--type", "q8_0")]
    [InlineData("--format peft needs --adapter", "--format", "peft")]
    [InlineData("gguf", "--format", "onnx")]
    [InlineData("bf16", "--format", "gguf", "--type", "int4")]
    public async Task ExportModel_OptionsThatDoNotGoTogether_AreAMistakeOfTheCommandLine(string expected, params string[] options)
    {
        using var folder = new TestFolder();

        var run = (await CommandRun.OfAsync(["export-model", "--model", folder.Root, "--out", folder.At("out"), .. options])).Expect(2);

        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gguf")]
    [InlineData("huggingface")]
    public async Task ExportModel_WhatIsThere_IsNeverReplaced(string format)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        folder.Write("out", "mine");

        var run = (await CommandRun.OfAsync("export-model", "--model", folder.At("model"), "--format", format, "--out", folder.At("out"))).Expect(1);

        Assert.Contains("exists", run.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder.At("out"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"model_type":"mixtral"}""", "mixture of experts")]
    [InlineData("""{"model_type":"mistral"}""", "sliding_window")]
    public async Task ExportModel_UnsupportedModel_IsRefusedByName(string config, string expected)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.At("model"));
        folder.Write("model/config.json", config);

        var run = (await CommandRun.OfAsync("export-model", "--model", folder.At("model"), "--format", "gguf", "--out", folder.At("out.gguf"))).Expect(1);

        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.At("out.gguf")));
    }

    private static void WriteAdapter(string folder, string model)
    {
        using var loaded = HuggingFaceFolder.LoadModel(model);
        using var adapter = new LoraAdapter(loaded, rank: 2, alpha: 4, seed: 1);
        PeftFolder.Save(folder, adapter);
    }
}
