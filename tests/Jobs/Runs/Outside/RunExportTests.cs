using System.Diagnostics;
using System.Text.Json;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Users;
using Platform.Engine.MultiTask;
using Platform.Engine.Tokenization;
using Platform.Engine.Training;
using Platform.Method;
using Platform.Method.Outside;

namespace Platform.Jobs.Tests.Runs.Outside;

public sealed class RunExportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Recipe RulesRecipe => JobsWorld.SmallRecipe with
    {
        Filter = new() { Strategy = FilterStrategy.Rules },
        Stage2 = new() { HighResource = HighResourceRule.Quantile, HighResourceQuantile = 0.5 },
    };

    [Fact]
    public async Task WriteAsync_Recipe_ShowsTheRowsOfTheSchedule()
    {
        await using var world = await JobsWorld.CreateAsync();
        var draft = await ExportWorld.DraftAsync(world, await world.ImportReadyAsync(TinyTasks.All), RulesRecipe);
        var folder = Path.Combine(world.Folder, "exported");

        var manifest = await ExportWorld.ExportAsync(world, draft, folder, isDraft: true);

        Assert.Null(manifest.Run);
        Assert.Equal([TaskDecision.Kept, TaskDecision.Kept, TaskDecision.Kept, TaskDecision.Isolated], manifest.Tasks.Select(task => task.Decision));
        foreach (var stage in manifest.Stages)
            AssertDrawn(Rows(folder, stage), manifest, stage);
        Assert.Equal([2, 3], manifest.Stages.Select(stage => stage.Stage));
        Assert.Equal(Recipe.Parse(draft.RecipeJson).Value.ToJson(), (Recipe.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "recipe.yaml"), Cancellation)).Value with { BaseModelSha256 = null }).ToJson());
        Assert.Equal(await BaseModelFolder.HashAsync(world.BaseModel, Cancellation), manifest.BaseModel.Sha256);
        Assert.Empty(Directory.GetDirectories(world.Folder, "*.tmp"));
    }

    /// <summary>Drawn by the schedule of a training here, window by window; within a window rows are put together by length.</summary>
    private static void AssertDrawn(List<JsonElement> rows, ExportManifest manifest, ExportedStage stage)
    {
        List<ExportedTask> shown = [.. manifest.Tasks.Where(task => Count(task) > 0)];
        var schedule = Schedule.Build([.. shown.Select(Count)], [.. shown.Select(task => (int)task.TrainRows)], RulesRecipe.Seed);
        var window = RulesRecipe.Training.BatchExamples * 8;
        Assert.Equal(schedule.Count, rows.Count);
        Assert.Equal(stage.Examples, rows.Count);
        foreach (var (drawn, written) in schedule.Chunk(window).Zip(rows.Chunk(window)))
            Assert.Equal(
                drawn.Select(entry => $"{shown[entry.Task].Name} train-{entry.Example}").Order(StringComparer.Ordinal),
                written.Select(row => $"{row.GetProperty("task")} {row.GetProperty("id")}").Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, (int)stage.Updates), rows.Select(row => row.GetProperty("update").GetInt32()).Distinct());
        foreach (var update in rows.GroupBy(row => row.GetProperty("update").GetInt32()))
            Assert.Equal(1, update.Sum(row => row.GetProperty("token_weight").GetDouble() * row.GetProperty("completion_mask").EnumerateArray().Sum(one => one.GetInt32())), 9);

        long Count(ExportedTask task) => stage.Stage == 2 ? task.Stage2 : task.Stage3;
    }

    [Fact]
    public async Task WriteAsync_Rows_HaveTheTextsThatTheServerSeesAndNoneOfTheTestSplit()
    {
        await using var world = await JobsWorld.CreateAsync();
        var draft = await ExportWorld.DraftAsync(world, await world.ImportReadyAsync(TinyTasks.All), RulesRecipe);
        var folder = Path.Combine(world.Folder, "exported");

        var manifest = await ExportWorld.ExportAsync(world, draft, folder, isDraft: true);

        var tokenizer = Tokenizer.Load(world.BaseModel);
        List<JsonElement> rows = [.. manifest.Stages.SelectMany(stage => Rows(folder, stage))];
        Assert.All(rows, row => Assert.StartsWith("train-", row.GetProperty("id").GetString()!, StringComparison.Ordinal));
        var pair = rows.First(row => row.GetProperty("task").GetString() == "same-place");
        var number = int.Parse(pair.GetProperty("id").GetString()!["train-".Length..], System.Globalization.CultureInfo.InvariantCulture);
        var (text, text2, output) = TinyTasks.All[1].Row(number);
        Assert.Equal($"Do both name the same place?\nInput: {text} {number}\nSecond: {text2}\nAnswer:", pair.GetProperty("prompt").GetString());
        Assert.Equal($" {output}", pair.GetProperty("completion").GetString());
        Assert.Equal(pair.GetProperty("prompt").GetString() + pair.GetProperty("completion").GetString(), tokenizer.Decode([.. pair.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32()).SkipLast(1)]));
        foreach (var task in TinyTasks.All)
        {
            Assert.Equal(60, (await File.ReadAllLinesAsync(Path.Combine(folder, "data", "validation", $"{task.Name}.jsonl"), Cancellation)).Length);
            var test = (await File.ReadAllLinesAsync(Path.Combine(folder, "data", "test", $"{task.Name}.jsonl"), Cancellation)).Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("prompt").GetString()).ToHashSet();
            Assert.Equal(40, test.Count);
            Assert.DoesNotContain(rows, row => test.Contains(row.GetProperty("prompt").GetString()));
        }
    }

    [Fact]
    public async Task WriteAsync_FilterThatHasToMeasure_SaysWhatToDo()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(2));
        var run = await world.LoadAsync(await world.PlanAsync(tasks));

        var planned = await ExportWorld.TryExportAsync(world, new ExportRequest(run, false, []), Path.Combine(world.Folder, "a"));
        var draft = await ExportWorld.TryExportAsync(world, new ExportRequest(await ExportWorld.DraftAsync(world, tasks, JobsWorld.SmallRecipe), true, []), Path.Combine(world.Folder, "b"));

        Assert.Equal("export_undecided", planned.Error.Code);
        Assert.Contains("Let run 1 finish stage 1", planned.Error.Message, StringComparison.Ordinal);
        Assert.Contains("guest-mood, same-place", planned.Error.Message, StringComparison.Ordinal);
        Assert.Contains("--filter none", draft.Error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(world.Folder, "a")));

        foreach (var part in run.Tasks)
            await world.Get<FilterOverrides>().OverrideAsync(JobsWorld.Admin, run.Id, part.TaskId, TaskDecision.Kept, "they belong together", Cancellation);
        var decided = await ExportWorld.ExportAsync(world, await world.LoadAsync(run), Path.Combine(world.Folder, "a"));
        Assert.Equal(new ExportedRun(1, run.Name), decided.Run);
        Assert.All(decided.Tasks, task => Assert.Equal((TaskDecision.Kept, JobsWorld.Admin.Name), (task.Decision, task.DecidedBy)));
    }

    [Fact]
    public async Task WriteAsync_WhatCannotBeExported_NamesTheMend()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(3));
        var target = Path.Combine(world.Folder, "exported");
        async Task<string> CodeAsync(Recipe recipe, int[] stages, string? start = null, Actor? actor = null) => (await ExportWorld.TryExportAsync(
            world, new ExportRequest(await ExportWorld.DraftAsync(world, tasks, recipe), true, stages, start), target, actor)).Error.Code;

        Assert.Equal("export_stage0", await CodeAsync(RulesRecipe with { Stage0 = new() { Tokens = 100 } }, []));
        Assert.Equal("export_start_missing", await CodeAsync(RulesRecipe, [3]));
        Assert.Equal("export_start_not_asked", await CodeAsync(RulesRecipe, [2], world.BaseModel));
        Assert.Equal("export_stage_empty", await CodeAsync(RulesRecipe with { Stage2 = new() { Share = 0 } }, [2]));
        Assert.Equal(403, (await ExportWorld.TryExportAsync(
            world, new ExportRequest(await ExportWorld.DraftAsync(world, tasks, RulesRecipe), true, []), target, Actor.ForUser(Guid.CreateVersion7(), "Mia", false, []))).Error.Status);
        Assert.False(Path.Exists(target));
        Directory.CreateDirectory(target);
        await File.WriteAllTextAsync(Path.Combine(target, "note"), "mine", Cancellation);
        Assert.Equal("export_folder_not_empty", await CodeAsync(RulesRecipe, []));
        Assert.Single(Directory.GetFiles(target));
    }

    [Fact]
    public async Task WriteAsync_Stage3FromAnotherModel_NamesThatModelByItsHash()
    {
        await using var world = await JobsWorld.CreateAsync();
        var draft = await ExportWorld.DraftAsync(world, await world.ImportReadyAsync(TinyTasks.All.Take(3)), RulesRecipe with { Training = RulesRecipe.Training with { Method = TrainingMethod.Lora } });
        var start = Path.Combine(world.Folder, "after-stage2");
        Directory.CreateDirectory(start);
        foreach (var file in Directory.GetFiles(world.BaseModel))
            File.Copy(file, Path.Combine(start, Path.GetFileName(file)));
        await File.AppendAllTextAsync(Path.Combine(start, "tokenizer.json"), " ", Cancellation);

        var exported = await ExportWorld.TryExportAsync(world, new ExportRequest(draft, true, [3], start), Path.Combine(world.Folder, "exported"));

        Assert.True(exported.IsSuccess, exported.IsSuccess ? "" : exported.Summary);
        Assert.Equal(3, Assert.Single(exported.Value.Stages).Stage);
        Assert.Equal(new ExportedModel("after-stage2", await BaseModelFolder.HashAsync(start, Cancellation)), exported.Value.Start);
        Assert.NotEqual(exported.Value.BaseModel, exported.Value.Start);
        var settings = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(world.Folder, "exported", "stage3.json"), Cancellation));
        Assert.Equal(RulesRecipe.Training.Lora.Rank, settings.GetProperty("lora").GetProperty("rank").GetInt32());
        Assert.Equal(RulesRecipe.Training.Lora.LearningRate, settings.GetProperty("optimizer").GetProperty("learningRate").GetDouble());
        Assert.False(File.Exists(Path.Combine(world.Folder, "exported", "stage2.json")));
    }

    /// <summary>Of the scripts only what needs no trainer can run here: the checks, the rows and their arrangement.</summary>
    [Fact]
    public async Task Script_Check_AcceptsTheExportAndRefusesAnotherModelOrFile()
    {
        await using var world = await JobsWorld.CreateAsync();
        var draft = await ExportWorld.DraftAsync(world, await world.ImportReadyAsync(TinyTasks.All.Take(3)), RulesRecipe);
        var folder = Path.Combine(world.Folder, "exported");
        var manifest = await ExportWorld.ExportAsync(world, draft, folder, isDraft: true);
        if (await RunAsync(folder, "--version") is not { ExitCode: 0 })
            Assert.Skip("python3 is not installed.");

        foreach (var script in new[] { "train.py", "merge.py" })
            Assert.Equal(0, (await RunAsync(folder, "-c", $"import ast; ast.parse(open('{script}').read())")).ExitCode);
        var accepted = await RunAsync(folder, "train.py", "stage2.json", "--model", world.BaseModel, "--check");
        Assert.True(accepted.ExitCode == 0, accepted.Text);
        var counted = JsonSerializer.Deserialize<JsonElement>(accepted.Text);
        Assert.Equal(manifest.Stages[0].Examples, counted.GetProperty("examples").GetInt64());
        Assert.Equal(manifest.Stages[0].Updates * RulesRecipe.Training.BatchExamples, counted.GetProperty("slots").GetInt64());

        Assert.Contains("has the hash", (await RunAsync(folder, "train.py", "stage2.json", "--model", folder, "--check")).Text, StringComparison.Ordinal);
        await File.AppendAllTextAsync(Path.Combine(folder, "data", "stage2.jsonl"), "\n", Cancellation);
        Assert.Contains("data/stage2.jsonl is missing or not", (await RunAsync(folder, "train.py", "stage2.json", "--model", world.BaseModel, "--check")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cosine", LearningRateCurve.Cosine, 0)]
    [InlineData("cosine", LearningRateCurve.Cosine, 7)]
    [InlineData("linear", LearningRateCurve.Linear, 0)]
    [InlineData("constant", LearningRateCurve.Constant, 7)]
    public async Task Script_LearningRate_IsTheEnginesAtEveryUpdate(string name, LearningRateCurve curve, int before)
    {
        using var folder = new TemporaryScripts();
        var computed = await RunAsync(folder.Path, "-c", $"import json, train; factor = train.learning_rate_factor(dict(warmupUpdates=3, updatesBefore={before}, updatesInAll=20, finalShare=0.1, curve='{name}')); print(json.dumps([factor(step) for step in range(20)]))");
        if (computed.ExitCode < 0)
            Assert.Skip("python3 is not installed.");

        Assert.True(computed.ExitCode == 0, computed.Text);
        var schedule = new LearningRateSchedule(1, 3, 20) { StepsBefore = before, Curve = curve, FinalShare = 0.1 };
        foreach (var (step, factor) in JsonSerializer.Deserialize<double[]>(computed.Text)!.Index())
            Assert.Equal(schedule.Factor(step), factor, 12);
    }

    [Fact]
    public async Task Script_PackedAndPadded_HoldTheSameRowsWithTheirWeights()
    {
        using var folder = new TemporaryScripts();
        var computed = await RunAsync(folder.Path, "-c", "import json, train; rows = [dict(input_ids=[5, 6, 7], token_weights=[0, 0, .5]), dict(input_ids=[8, 9], token_weights=[0, .5])]; print(json.dumps([train.collate(rows, 1, packed) for packed in (True, False)]))");
        if (computed.ExitCode < 0)
            Assert.Skip("python3 is not installed.");

        Assert.True(computed.ExitCode == 0, computed.Text);
        Assert.Equal(
            """[{"input_ids":[[5,6,7,8,9]],"position_ids":[[0,1,2,0,1]],"token_weights":[[0,0,0.5,0,0.5]]},{"input_ids":[[5,6,7],[8,9,1]],"attention_mask":[[1,1,1],[1,1,0]],"token_weights":[[0,0,0.5],[0,0.5,0.0]]}]""",
            computed.Text.Replace(" ", "", StringComparison.Ordinal).Trim());
    }

    /// <summary>The scripts alone.</summary>
    private sealed class TemporaryScripts : IDisposable
    {
        public TemporaryScripts()
        {
            using var source = typeof(RunExport).Assembly.GetManifestResourceStream("Trainer/train.py")!;
            using var target = File.Create(System.IO.Path.Combine(Path, "train.py"));
            source.CopyTo(target);
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("platform-scripts-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    private static async Task<(int ExitCode, string Text)> RunAsync(string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
            await process.WaitForExitAsync(Cancellation);
            return (process.ExitCode, string.Concat(texts));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }
    }

    private static List<JsonElement> Rows(string folder, ExportedStage stage) => [.. File.ReadLines(Path.Combine(folder, stage.File)).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
}
