using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Serving;
using Platform.Method.Outside;
using TorchSharp;

namespace Platform.Jobs.Tests.Runs.Outside;

public sealed class RunImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Nothing is measured on the way, so that the last weights count here, too.</summary>
    private static Recipe UnsteeredRecipe => JobsWorld.SmallRecipe with
    {
        Filter = new() { Strategy = FilterStrategy.Rules },
        Stage2 = new() { HighResource = HighResourceRule.Quantile, HighResourceQuantile = 0.5 },
        Validation = new() { RowsMax = 8, Count = 0 },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ImportAsync_TrainedOutsideOnTheExportedRows_IsEvaluatedAndRegisteredAndLikeTheModelTrainedHere(bool continues)
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All);
        var here = await world.PlanAsync(tasks, UnsteeredRecipe with { Stage3 = UnsteeredRecipe.Stage3 with { Continues = continues } });
        await world.ExecuteAsync(here);
        var (folder, stage2, stage3) = (At(world, "exported"), At(world, "stage2"), At(world, "stage3"));
        var manifest = await ExportWorld.ExportAsync(world, await world.LoadAsync(here), folder);
        OutsideTrainer.Train(folder, 2, world.BaseModel, stage2);
        OutsideTrainer.Train(folder, 3, stage2, stage3);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(folder, stage3));
        Assert.True(imported.IsSuccess, imported.IsSuccess ? "" : imported.Summary);
        await world.ExecuteAsync(imported.Value);

        var run = await world.LoadAsync(imported.Value);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        Assert.All(run.Steps.Where(step => step.Kind is RunStepKind.Stage2 or RunStepKind.Stage3), step => Assert.Equal(0, step.DeviceMicroseconds));
        Assert.Equal(manifest.Tasks.Select(task => (task.Name, task.Decision)), run.Tasks.Select(task => (task.Task!.Name, task.Decision)).OrderBy(task => task.Name, StringComparer.Ordinal));
        var versions = await world.Get<ModelRegistry>().ListAsync(Cancellation);
        Assert.Equal(2, versions.Count);
        Assert.All(versions[0].Evaluations, evaluation => Assert.NotNull(evaluation.DifferenceLow));
        AssertSameWeights(world, versions[0], versions[1]);
        AssertProvenance(world, run, versions[0], folder);
        using var model = MultiTaskModel.Load(world.Get<ArtifactStore>().FullPath(versions[0].ArtifactPath));
        Assert.Contains(model.Predict([new ServedInput("guest-mood", "the room was lovely")], truncate: true, Cancellation)[0].Output, new[] { "happy", "unhappy" });
    }

    [Fact]
    public async Task ImportAsync_ResultOfStage2_IsWhereTheStage3HereBegins()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(3));
        var measured = UnsteeredRecipe with { Filter = new() { Strategy = FilterStrategy.Measured, Share = 0.25, Tolerance = 10 } };
        var here = await world.PlanAsync(tasks, measured);
        await world.ExecuteAsync(here);
        var (folder, stage2) = (At(world, "exported"), At(world, "stage2"));
        await ExportWorld.ExportAsync(world, await world.LoadAsync(here), folder, [2]);
        OutsideTrainer.Train(folder, 2, world.BaseModel, stage2);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(folder, stage2));
        Assert.True(imported.IsSuccess, imported.IsSuccess ? "" : imported.Summary);
        await world.ExecuteAsync(imported.Value);

        var run = await world.LoadAsync(imported.Value);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        Assert.DoesNotContain(run.Steps, step => step.Kind == RunStepKind.Probe);
        Assert.All(run.Tasks, task => Assert.Contains("as exported from run 1: ", task.Reason, StringComparison.Ordinal));
        Assert.Equal(0, run.Steps.Single(step => step.Kind == RunStepKind.Stage2).DeviceMicroseconds);
        Assert.True(run.Steps.Single(step => step.Kind == RunStepKind.Stage3).DeviceMicroseconds > 0);
        var versions = await world.Get<ModelRegistry>().ListAsync(Cancellation);
        AssertSameWeights(world, versions[0], versions[1]);
    }

    [Fact]
    public async Task ImportAsync_Adapter_IsMergedIntoTheBase()
    {
        await using var world = await JobsWorld.CreateAsync();
        var (folder, adapter) = (await PreparedAsync(world), At(world, "adapter"));
        Directory.CreateDirectory(adapter);
        await File.WriteAllTextAsync(Path.Combine(adapter, "adapter_config.json"), """{"peft_type":"LORA","task_type":"CAUSAL_LM","r":2,"lora_alpha":4,"target_modules":["q_proj"]}""", Cancellation);
        Safetensors.Write(Path.Combine(adapter, "adapter_model.safetensors"), [.. new[] { 0, 1 }.SelectMany(layer => new[] { ("A", torch.ones(2, 32)), ("B", torch.full([32, 2], 0.01)) }
            .Select(part => ($"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{part.Item1}.weight", part.Item2)))]);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(folder, adapter));

        Assert.True(imported.IsSuccess, imported.IsSuccess ? "" : imported.Summary);
        var outside = OutsideTraining.Parse(imported.Value.OutsideJson)!;
        var changed = MostDifferent(world.BaseModel, Path.Combine(world.Get<ArtifactStore>().FullPath(outside.ArtifactPath), RunImport.ModelFolder));
        Assert.Equal(4.0 / 2 * 2 * 0.01, changed, 5); // alpha / rank, times the sum over the rank
    }

    [Theory]
    [InlineData("manifest.json", "\"examples\"", "\"example5\"", "run_export_unknown")]
    [InlineData("recipe.yaml", "seed: 17", "seed: 18", "import_changed")]
    [InlineData("data/stage3.jsonl", "\"update\":0", "\"update\":1", "import_changed")]
    [InlineData("stage3.json", "cosine", "linear", "import_changed")]
    public async Task ImportAsync_ChangedFolder_IsRefused(string file, string from, string to, string code)
    {
        await using var world = await JobsWorld.CreateAsync();
        var path = Path.Combine(await PreparedAsync(world), file);
        var text = await File.ReadAllTextAsync(path, Cancellation);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text.Replace(from, to, StringComparison.Ordinal), Cancellation);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(At(world, "exported"), world.BaseModel));

        Assert.Equal(code, imported.Error.Code);
        Assert.Contains(Path.GetFileName(file), imported.Error.Message, StringComparison.Ordinal);
        await AssertNothingStoredAsync(world);
    }

    [Theory]
    [InlineData("hidden_size", 64, "hidden_size is 64")]
    [InlineData("model_type", "mixtral", "mixtral")]
    [InlineData("vocab_size", 100, "vocab_size is 100")]
    public async Task ImportAsync_OtherArchitecture_IsRefusedByNameBeforeAnyWeight(string field, object value, string expected)
    {
        await using var world = await JobsWorld.CreateAsync();
        var (folder, other) = (await PreparedAsync(world), At(world, "other"));
        Directory.CreateDirectory(other);
        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(world.BaseModel, "config.json"), Cancellation))!.AsObject();
        config[field] = JsonSerializer.SerializeToNode(value);
        await File.WriteAllTextAsync(Path.Combine(other, "config.json"), config.ToJsonString(), Cancellation);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(folder, other));

        Assert.Contains(expected, imported.Error.Message, StringComparison.Ordinal);
        await AssertNothingStoredAsync(world);
    }

    [Fact]
    public async Task ImportAsync_WeightsThatDoNotFitTheirConfig_AreRefused()
    {
        await using var world = await JobsWorld.CreateAsync();
        var (folder, other) = (await PreparedAsync(world), At(world, "other"));
        Directory.CreateDirectory(other);
        File.Copy(Path.Combine(world.BaseModel, "config.json"), Path.Combine(other, "config.json"));
        Safetensors.Write(Path.Combine(other, "model.safetensors"), [("model.norm.weight", torch.ones(3))]);

        var imported = await ExportWorld.ImportAsync(world, new ImportRequest(folder, other));

        Assert.Contains("model.norm.weight", imported.Error.Message, StringComparison.Ordinal);
        await AssertNothingStoredAsync(world);
    }

    [Fact]
    public async Task ImportAsync_StageOrBaseOrFolderThatIsNotTheExports_IsRefused()
    {
        await using var world = await JobsWorld.CreateAsync();
        var folder = await PreparedAsync(world);
        var another = At(world, "another");
        Directory.CreateDirectory(another);
        foreach (var file in Directory.GetFiles(world.BaseModel))
            File.Copy(file, Path.Combine(another, Path.GetFileName(file)));
        await File.AppendAllTextAsync(Path.Combine(another, "tokenizer.json"), " ", Cancellation);

        Assert.Equal("import_stage_not_exported", (await ExportWorld.ImportAsync(world, new ImportRequest(folder, world.BaseModel, Stage: 2))).Error.Code);
        Assert.Equal("export_other_base", (await ExportWorld.ImportAsync(world, new ImportRequest(folder, world.BaseModel, BaseModel: another))).Error.Code);
        Assert.Equal("import_no_manifest", (await ExportWorld.ImportAsync(world, new ImportRequest(another, world.BaseModel))).Error.Code);
    }

    /// <summary>An export of stage 3 alone, from the base.</summary>
    private static async Task<string> PreparedAsync(JobsWorld world)
    {
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(2));
        var folder = At(world, "exported");
        var draft = await ExportWorld.DraftAsync(world, tasks, UnsteeredRecipe with { Stage2 = new() { Share = 0 } });
        await ExportWorld.ExportAsync(world, draft, folder, isDraft: true);
        return folder;
    }

    private static string At(JobsWorld world, string name) => Path.Combine(world.Folder, "outside", name);

    private static async Task AssertNothingStoredAsync(JobsWorld world)
    {
        Assert.False(Directory.Exists(Path.Combine(world.Get<ArtifactStore>().Root, ArtifactStore.Outside)));
        await using var context = world.Open();
        Assert.False(await context.Runs.AnyAsync(Cancellation));
    }

    /// <summary>The outside trainer uses libtorch's AdamW, one row at a time; ours packs rows. So they differ by rounding, and by nothing else.</summary>
    private static void AssertSameWeights(JobsWorld world, ModelVersion outside, ModelVersion here)
    {
        var store = world.Get<ArtifactStore>();
        var (a, b) = (store.FullPath(outside.ArtifactPath), store.FullPath(here.ArtifactPath));
        Assert.InRange(MostDifferent(a, b), 0, 2e-3);
        Assert.True(MostDifferent(a, world.BaseModel) > 0.05);
    }

    private static double MostDifferent(string first, string second)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var a = HuggingFaceFolder.LoadModel(first);
        using var b = HuggingFaceFolder.LoadModel(second);
        return a.named_parameters().Zip(b.named_parameters()).Max(pair => (pair.First.parameter - pair.Second.parameter).abs().max().ToDouble());
    }

    private static void AssertProvenance(JobsWorld world, FineTuningRun run, ModelVersion version, string folder)
    {
        var outside = OutsideTraining.Parse(version.Run!.OutsideJson)!;
        Assert.Equal(3, outside.Stage);
        Assert.Equal(1, outside.ExportedRun);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "manifest.json")))), outside.ManifestSha256);
        Assert.Contains(outside.ManifestSha256, File.ReadAllText(Path.Combine(world.Get<ArtifactStore>().FullPath(version.ArtifactPath), "model-card.json")), StringComparison.Ordinal);
        using var context = world.Open();
        Assert.Contains(outside.ManifestSha256, context.AuditEntries.Single(entry => entry.Action == "run.imported" && entry.EntityId == run.Id.ToString()).AfterJson!, StringComparison.Ordinal);
    }
}
