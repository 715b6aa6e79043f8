using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Models;

public sealed class LoraAdapterTests
{
    [Fact]
    public void Create_SomeTargets_AdaptsOnlyThose()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, new LoraOptions { Rank = 2, Alpha = 4, TargetModules = ["q_proj", "v_proj"] });

        Assert.Equal(["q_proj", "v_proj"], adapter.TargetModules);
        Assert.Equal(
            ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj"],
            adapter.NamedParameters().Select(p => p.Name.Split(".lora_")[0]).Distinct());
    }

    [Fact]
    public void Create_EveryOptionWrong_NamesFieldValueAndRange()
    {
        using var model = TinyModel.Create();

        var message = Assert.Throws<ArgumentException>(() => new LoraAdapter(model, new LoraOptions { Rank = 0, Alpha = -1, Dropout = double.NaN, TargetModules = ["q_proj", "lm_head"] })).Message;

        Assert.Contains("Rank is 0; it must lie between 1 and 1024.", message, StringComparison.Ordinal);
        Assert.Contains("Alpha is -1; it must lie above 0", message, StringComparison.Ordinal);
        Assert.Contains("Dropout is NaN; it must lie between 0 and 0.95.", message, StringComparison.Ordinal);
        Assert.Contains("TargetModules holds \"lm_head\"; only q_proj, k_proj", message, StringComparison.Ordinal);
        Assert.Contains("TargetModules is empty", Assert.Single(new LoraOptions { TargetModules = [] }.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Dropout_InATrainingPass_IsAFunctionOfUpdateAndPass()
    {
        using var model = TinyModel.Create();
        using var adapter = Filled(model, new LoraOptions { Rank = 4, Alpha = 8, Dropout = 0.5 });
        using var used = adapter.Use(model);
        var plain = model.LastLogits([5, 6, 7]);

        var first = InPass(3, 0);

        Assert.Equal(first, InPass(3, 0)); // what was drawn in between does not matter
        Assert.NotEqual(first, InPass(3, 1));
        Assert.NotEqual(first, InPass(4, 0));
        Assert.NotEqual(first, plain);
        Assert.Equal(plain, model.LastLogits([5, 6, 7])); // none outside of training

        float[] InPass(long update, int pass)
        {
            using var dropping = adapter.BeginTrainingPass(update, pass);
            return model.LastLogits([5, 6, 7]);
        }
    }

    [Fact]
    public void Dropout_ManyValues_DropsItsShareAndKeepsTheMean()
    {
        using var scope = NewDisposeScope();
        var dropout = new LoraDropout(0.3, seed: 5);
        using var pass = dropout.Begin(1, 0);

        var dropped = dropout.Apply(ones(400, 500), map: 2);

        Assert.InRange(dropped.eq(0).to(ScalarType.Float32).mean().ToSingle(), 0.295f, 0.305f);
        Assert.InRange(dropped.mean().ToSingle(), 0.99f, 1.01f);
        Assert.False(dropped.bytes.SequenceEqual(dropout.Apply(ones(400, 500), map: 3).bytes));
    }

    [Fact]
    public void Save_TargetsAndDropout_AreWrittenAndReadBack()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Create();
        using (var adapter = Filled(model, new LoraOptions { Rank = 2, Alpha = 3, Dropout = 0.1, TargetModules = ["down_proj", "q_proj"] }))
            PeftFolder.Save(folder.Path, adapter);

        var config = JsonNode.Parse(File.ReadAllText(folder.File("adapter_config.json")))!;
        Assert.Equal(["down_proj", "q_proj"], config["target_modules"]!.AsArray().Select(m => m!.GetValue<string>()));
        Assert.Equal(0.1, config["lora_dropout"]!.GetValue<double>());
        using var loaded = PeftFolder.Load(folder.Path, model);
        Assert.Equal((2, 3, 0.1), (loaded.Rank, loaded.Alpha, loaded.Options.Dropout));
        Assert.Equal(["down_proj", "q_proj"], loaded.TargetModules);
    }

    [Fact]
    public void Save_OneLayerOnly_NamesTheModulesInFull()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Create();
        using (var adapter = new LoraAdapter(model, new LoraOptions(), name => name.Contains("layers.1.self_attn.q_proj", StringComparison.Ordinal)))
            PeftFolder.Save(folder.Path, adapter);

        using var loaded = PeftFolder.Load(folder.Path, model);

        Assert.Equal(["model.layers.1.self_attn.q_proj"], loaded.TargetModules);
        Assert.Equal(2, loaded.NamedParameters().Count());
    }

    [Fact]
    public void Use_ModelOfAnotherShape_IsRefused()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, rank: 2, alpha: 4, seed: 1);
        using var other = new CausalLanguageModel(TinyModel.Config with { IntermediateSize = 48 });

        Assert.Throws<ArgumentException>(() => adapter.Use(other));
    }

    private static LoraAdapter Filled(CausalLanguageModel model, LoraOptions options)
    {
        var adapter = new LoraAdapter(model, options);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(11);
        foreach (var (name, parameter) in adapter.NamedParameters().Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)))
            parameter.copy_(randn(parameter.shape, generator: generator).mul(0.3));
        return adapter;
    }
}
