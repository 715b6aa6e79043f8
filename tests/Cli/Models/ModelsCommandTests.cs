using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Cli.Session;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Reports;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using TaskKind = Platform.Engine.Tasks.TaskKind;

namespace Platform.Cli.Tests.Models;

public sealed class ModelsCommandTests
{
    private static readonly Actor Admin = Actor.System("test");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_AgainstAVersionThatNoReportHolds_ComparesTheStoredAnswers()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        await AddVersionsAsync(folder, 60, 80);

        var json = (await CommandRun.OfAsync("models", "report", "2", "mood", "--against", "1", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Equal(0.8, json.GetProperty("report").GetProperty("score").GetProperty("value").GetDouble(), 12);
        var comparison = json.GetProperty("other").GetProperty("comparison");
        Assert.Equal((100, 20, 0), (comparison.GetProperty("rows").GetInt32(), comparison.GetProperty("better_rows").GetInt32(), comparison.GetProperty("worse_rows").GetInt32()));
        Assert.Equal(0.2, comparison.GetProperty("difference").GetProperty("value").GetDouble(), 12);
        Assert.Equal(2 / Math.Pow(2, 20), comparison.GetProperty("p_value").GetDouble(), 12);
    }

    [Fact]
    public async Task Models_InWords_NameTheTaskItsScoreAndItsWrongRows()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        await AddVersionsAsync(folder, 60);

        var shown = (await CommandRun.OfAsync("models", "show", "1", "--data", folder.Data)).Expect(0).Output;
        var report = (await CommandRun.OfAsync("models", "report", "1", "mood", "--data", folder.Data)).Expect(0).Output;

        Assert.Contains("No task was tested against its dedicated model.", shown, StringComparison.Ordinal);
        Assert.Contains("mood, model version 1: accuracy 60.0", report, StringComparison.Ordinal);
        Assert.Contains("! There is no dedicated model to compare with", report, StringComparison.Ordinal);
        Assert.Contains("10 of 40 wrong rows", report, StringComparison.Ordinal);
        Assert.Single((await CommandRun.OfAsync("models", "list", "--data", folder.Data, "--json")).Expect(0).Json.EnumerateArray());
    }

    [Fact]
    public async Task Show_TrainedOutside_NamesTheExportAndItsManifest()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        await AddVersionsAsync(folder, 60);
        var outside = new OutsideTraining(3, $"outside/{new string('a', 64)}", new string('a', 64), new string('b', 64), null, "Ana", DateTimeOffset.UnixEpoch, "Ben", DateTimeOffset.UnixEpoch);
        await using (var services = new ServiceCollection().AddLogging().AddPlatformDomain(PlatformSession.Settings(folder.Data)).BuildServiceProvider())
        await using (var context = await services.GetRequiredService<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync(Cancellation))
            await context.Runs.ExecuteUpdateAsync(runs => runs.SetProperty(run => run.OutsideJson, outside.ToJson()), Cancellation);

        var shown = (await CommandRun.OfAsync("models", "show", "1", "--data", folder.Data)).Expect(0).Output;
        var json = (await CommandRun.OfAsync("models", "show", "1", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Contains($"Stage 3 was trained outside of the platform, on what a recipe exported; brought back by Ben. Manifest SHA-256 {outside.ManifestSha256}.", shown.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains(outside.ManifestSha256, json.GetProperty("outside").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServeWith_EachEngine_WritesTheModelItsAdaptersAndHowToStartIt()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        await AddVersionsAsync(folder, 60);
        Task<CommandRun> ServeWithAsync(string engine, string target) =>
            CommandRun.OfAsync("models", "serve-with", engine, "1", "--out", folder.At(target), "--address", "http://gpu-1:8100", "--parallel", "5", "--data", folder.Data, "--json");

        var vllm = (await ServeWithAsync("vllm", "a model")).Expect(0).Json;
        var sglang = (await ServeWithAsync("sglang", "sglang")).Expect(0).Json;
        var llama = (await ServeWithAsync("llama.cpp", "llama")).Expect(0).Json;

        var command = vllm.GetProperty("command").GetString()!;
        Assert.StartsWith($"vllm serve '{folder.At("a model")}/model' --served-model-name model-version-1 ", command, StringComparison.Ordinal);
        Assert.Contains($"--max-lora-rank 4 --max-loras 1 --lora-modules 'model-version-1:apart={folder.At("a model")}/model/adapters/apart' --port 8100", command, StringComparison.Ordinal);
        Assert.Contains(command, await File.ReadAllTextAsync(vllm.GetProperty("start").GetString()!, Cancellation), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.At("a model"), "model", "adapters", "apart", "adapter_model.safetensors")));
        Assert.Contains($"--lora-paths apart={folder.At("sglang")}/model/adapters/apart", sglang.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.Contains("--ctx-size 2560 --parallel 5", llama.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.Contains($"--lora-init-without-apply --lora {folder.At("llama")}/adapters/apart.gguf", llama.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(folder.At("llama"), "model.gguf")).Length > 1_000_000);
        Assert.Equal(["Upstreams__llamacpp__Kind=llama.cpp", "Upstreams__llamacpp__Address=http://gpu-1:8100", "Upstreams__llamacpp__MaxConcurrency=5"], llama.GetProperty("settings").EnumerateArray().Select(one => one.GetString()));
        Assert.Contains("exists", (await ServeWithAsync("vllm", "llama")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("'nowhere' is no address", (await CommandRun.OfAsync("models", "serve-with", "vllm", "1", "--out", "x", "--address", "nowhere")).Error, StringComparison.Ordinal);
    }

    private static void WriteModel(string folder, TaskSpec spec)
    {
        TorchRuntime.Initialize();
        var place = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(place.FullName, "Platform.sln")))
            place = place.Parent!;
        var basis = Path.Combine(place.FullName, "models", "base");
        using var model = HuggingFaceFolder.LoadModel(basis);
        using var adapter = new LoraAdapter(model, rank: 4, alpha: 8, seed: 1);
        MultiTaskModel.Save(folder, model, Tokenizer.Load(basis), [(spec, null), (spec with { Name = "apart" }, adapter)]);
    }

    /// <summary>A model version for each number of right answers of a hundred, all through the real operations.</summary>
    private static async Task AddVersionsAsync(TestFolder folder, params int[] right)
    {
        await using var services = new ServiceCollection().AddLogging().AddPlatformDomain(PlatformSession.Settings(folder.Data)).BuildServiceProvider();
        var task = (await services.GetRequiredService<TaskCatalog>().FindAsync(Admin, "mood", Cancellation)).Value;
        var claims = services.GetRequiredService<WorkClaims>();
        var data = (await services.GetRequiredService<DatasetQueries>().NewestByTaskAsync(Admin, Cancellation))[task.Id];
        var check = (await claims.TryClaimAsync<DatasetVersion>(data.Id, "jobs", Cancellation))!;
        await services.GetRequiredService<DatasetChecks>().RunAsync(check, _ => new CheckLimits(null, 0), Cancellation);
        foreach (var count in right)
            await AddVersionAsync(services, task, claims, count);
    }

    private static async Task AddVersionAsync(IServiceProvider services, TaskDefinition task, WorkClaims claims, int right)
    {
        var planned = await services.GetRequiredService<RunPlanning>().PlanAsync(Admin, new RunRequest(null, [task.Id], new Recipe(), "models/base"), Cancellation);
        Assert.True(planned.IsSuccess, planned.IsSuccess ? "" : planned.Summary);
        var claim = (await claims.TryClaimAsync<FineTuningRun>(planned.Value.Id, "jobs", Cancellation))!;
        var journal = services.GetRequiredService<RunJournal>();
        await journal.StartAsync(claim, Cancellation);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Register)], Cancellation);
        var step = (await journal.LoadAsync(planned.Value.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);

        var spec = new TaskSpec { Name = task.Name, Kind = TaskKind.Classification, Instruction = task.Instruction, Labels = task.Labels, Metric = task.Metric };
        Prediction[] rows = [.. Enumerable.Range(0, 100).Select(i => new Prediction($"r{i}", $"stay {i}", i % 2 == 0 ? "happy" : "sad", (i % 2 == 0) == (i < right) ? "happy" : "sad", []))];
        var store = services.GetRequiredService<ArtifactStore>();
        var report = EvaluationReports.Create(new ReportInput { Task = spec, Predictions = rows });
        var predictions = await StoreAsync(store, ArtifactStore.Predictions, staged => PredictionFolder.Write(staged, spec, new AnsweredSplit(rows, null)));
        var stored = await StoreAsync(store, ArtifactStore.Reports, staged => File.WriteAllText(Path.Combine(staged, "report.json"), JsonSerializer.Serialize(report, JsonSerializerOptions.Web)));
        var evaluation = new NewTaskEvaluation(
            task.Id, task.Metric, report.Score.Value, report.Score.Low, report.Score.High, null, null, null, report.Rows, ServedBy.Shared, GateVerdict.Pass, "Fine.")
        {
            PredictionsPath = predictions.Path, ReportPath = stored.Path, ReportSha256 = stored.Sha256,
        };
        var artifact = await StoreAsync(store, ArtifactStore.Models, staged => WriteModel(staged, spec));
        Assert.True((await services.GetRequiredService<ModelRegistry>().RegisterAsync(
            claim, step.Id, new NewModelVersion("models/base", artifact.Path, artifact.Sha256, 512, artifact.SizeBytes, [evaluation]), Cancellation)).IsSuccess);
    }

    private static async Task<StoredArtifact> StoreAsync(ArtifactStore store, string category, Action<string> fill)
    {
        using var staging = store.Stage(category);
        fill(staging.Folder);
        return (await staging.CommitAsync(Cancellation)).Value;
    }
}
