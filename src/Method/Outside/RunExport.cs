using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Users;
using Platform.Engine.Models;
using Platform.Engine.MultiTask;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.Method.Outside;

/// <param name="Run">With its tasks and their data: a run that was planned, or a draft.</param>
/// <param name="IsDraft">Whether it was only drafted, from a recipe.</param>
/// <param name="Stages">2, 3 or both; empty for all that the recipe has.</param>
/// <param name="Start">Folder of the model that stage 3 begins with, when stage 2 is not exported and has been done; null otherwise.</param>
public sealed record ExportRequest(FineTuningRun Run, bool IsDraft, IReadOnlyList<int> Stages, string? Start = null);

/// <summary>Writes a run as a job for a trainer outside: rows in their order, settings, evaluation sets and a manifest that the import asks for.</summary>
public sealed class RunExport(ArtifactStore store, RunExports exports, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>The folder appears when it is complete; it must not exist, or be empty.</summary>
    public async Task<Result<ExportManifest>> WriteAsync(Actor actor, ExportRequest request, string folder, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("export a run") is { } refusal)
            return refusal;
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            return OutsideErrors.FolderNotEmpty(target);
        var part = $"{target}.{Guid.CreateVersion7():N}.tmp";
        try
        {
            var plan = await PlanAsync(request, cancellationToken);
            if (plan.IsFailure)
                return Result.Failure<ExportManifest>(plan.Errors);
            Directory.CreateDirectory(part);
            var manifest = await WriteAsync(actor, request, plan.Value, part, cancellationToken);
            var json = manifest.ToJson();
            await File.WriteAllTextAsync(Path.Combine(part, ExportManifest.FileName), json, cancellationToken);

            // First the record: a folder without one could not be brought back.
            var recorded = await exports.RecordAsync(
                actor, new RunExportRecord(ExportFiles.Sha256(System.Text.Encoding.UTF8.GetBytes(json)), manifest.Run?.Number, [.. manifest.Stages.Select(stage => stage.Stage)]), cancellationToken);
            if (recorded.IsFailure)
                return Result.Failure<ExportManifest>(recorded.Errors);
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(part, target);
            return manifest;
        }
        catch (InvalidDataException exception)
        {
            return OutsideErrors.Unusable(exception);
        }
        finally
        {
            if (Directory.Exists(part))
                Directory.Delete(part, recursive: true);
        }
    }

    /// <param name="Tasks">In the order of their names.</param>
    private sealed record Plan(Recipe Recipe, IReadOnlyList<RunTask> Tasks, MixturePlan Mixture, IReadOnlyList<int> Stages, string BaseFolder, ExportedModel Base, ExportedModel Start)
    {
        public List<RunTask> Kept { get; } = [.. Tasks.Where(task => task.Decision != TaskDecision.Isolated)];

        public IReadOnlyList<long> Examples(int stage) => stage == 2 ? Mixture.Stage2Examples : Mixture.Stage3Examples;
    }

    private async Task<Result<Plan>> PlanAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        var parsed = Recipe.Parse(request.Run.RecipeJson);
        if (parsed.IsFailure)
            return Result.Failure<Plan>(parsed.Errors);
        var recipe = parsed.Value;
        List<RunTask> tasks = [.. request.Run.Tasks.OrderBy(task => task.Task!.Name, StringComparer.Ordinal)];
        if (Decide(request, recipe, tasks) is { } undecided)
            return undecided;
        if (recipe.Stage0.Tokens > 0)
            return OutsideErrors.Stage0();

        var mixture = RunPlan.KeptMixture(recipe, tasks);
        List<int> there = [.. new[] { 2, 3 }.Where(stage => (stage == 2 ? mixture.Stage2Examples : mixture.Stage3Examples).Sum() > 0)];
        var stages = request.Stages.Count > 0 ? [.. request.Stages.Order()] : there;
        if (stages.Except(there).FirstOrDefault() is var empty and > 0)
            return OutsideErrors.EmptyStage(empty);
        if (stages.Count == 0)
            return OutsideErrors.EmptyStage(3);
        if (there[0] < stages[0] && request.Start is null)
            return OutsideErrors.StartMissing();
        if (there[0] == stages[0] && request.Start is not null)
            return OutsideErrors.StartNotAsked(stages[0]);

        var folder = BaseModelName.Folder(request.Run.BaseModel, options.Value.BaseModelFolder);
        var hash = await BaseModelFolder.HashAsync(folder, cancellationToken);
        if (recipe.BaseModelSha256 is { } wanted && wanted != hash)
            return OutsideErrors.OtherBase(folder, hash, wanted);
        var baseModel = new ExportedModel(BaseModelName.Of(folder, options.Value.BaseModelFolder), hash);
        var start = baseModel;
        if (request.Start is { } given)
        {
            ModelShape.Check(given, folder);
            start = new ExportedModel(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(given))), await BaseModelFolder.HashAsync(given, cancellationToken));
        }

        return new Plan(recipe with { BaseModelSha256 = hash }, tasks, mixture, stages, folder, baseModel, start);
    }

    /// <summary>Takes over what stage 1 has decided, or decides what needs no measurement.</summary>
    private static Error? Decide(ExportRequest request, Recipe recipe, IReadOnlyList<RunTask> tasks)
    {
        List<RunTask> open = [.. tasks.Where(task => task.Decision == TaskDecision.Pending)];
        if (open.Count == 0)
            return null;
        foreach (var task in open)
            if (recipe.Filter.Overrides.TryGetValue(task.Task!.Name, out var decided))
                DataRules.Override(task, decided);
        foreach (var (task, decision) in tasks.Zip(DataRules.Decide(recipe, tasks)))
            if (decision is not null && task.Decision == TaskDecision.Pending)
                task.Decide(decision.Isolate ? TaskDecision.Isolated : TaskDecision.Kept, decision.Sentence, null);
        List<string> left = [.. tasks.Where(task => task.Decision == TaskDecision.Pending).Select(task => task.Task!.Name)];
        return left.Count == 0 ? null : OutsideErrors.Undecided(request.IsDraft ? null : request.Run.Number, recipe.Filter.Strategy, left);
    }

    private async Task<ExportManifest> WriteAsync(Actor actor, ExportRequest request, Plan plan, string folder, CancellationToken cancellationToken)
    {
        var shape = ModelConfig.Load(Path.Combine(plan.BaseFolder, "config.json"));
        var tokenizer = Tokenizer.Load(plan.BaseFolder);
        var end = shape.EndToken ?? tokenizer.EndOfTextId
            ?? throw new InvalidDataException($"'{plan.BaseFolder}' has no eos_token_id in config.json, so an answer could never end. Add it.");
        var prompts = new PromptBuilder(tokenizer, end);
        List<TaskData> kept = [];
        foreach (var task in plan.Tasks)
        {
            var data = await ReadAsync(task, cancellationToken);
            ExportLines.WriteEvaluation(Path.Combine(folder, "data", "validation", $"{data.Spec.Name}.jsonl"), prompts, data.Spec, data.Validation, cancellationToken);
            ExportLines.WriteEvaluation(Path.Combine(folder, "data", "test", $"{data.Spec.Name}.jsonl"), prompts, data.Spec, data.Test, cancellationToken);
            if (plan.Kept.Contains(task))
                kept.Add(data with { Validation = [], Test = [] });
        }

        List<ExportedStage> stages = [];
        foreach (var stage in plan.Stages)
        {
            var file = $"data/stage{stage}.jsonl";
            var (examples, updates) = ExportLines.WriteStage(
                Path.Combine(folder, file), prompts, kept, plan.Examples(stage), EngineMapping.StageTraining(plan.Recipe, stage, plan.Mixture), shape.ContextTokens, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, $"stage{stage}.json"), StageSettings.Write(stage, plan.Recipe, plan.Mixture, file, updates, end), cancellationToken);
            stages.Add(new ExportedStage(stage, file, examples, updates));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, ExportManifest.RecipeFile), plan.Recipe.ToYaml(), cancellationToken);
        ExportFiles.WriteScripts(folder);
        return new ExportManifest(
            ExportManifest.CurrentFormat, request.IsDraft ? null : new ExportedRun(request.Run.Number, request.Run.Name), plan.Recipe.Name, plan.Base, plan.Start, stages,
            [.. plan.Tasks.Select(task => Of(task, plan))], Notes(plan), actor.Name, clock.GetUtcNow(), await ExportFiles.ListAsync(folder, cancellationToken));
    }

    private async Task<TaskData> ReadAsync(RunTask task, CancellationToken cancellationToken)
    {
        var version = task.DatasetVersion!;
        var whole = await store.VerifyAsync(version.ArtifactPath, version.Sha256, cancellationToken);
        if (whole.IsFailure)
            throw new InvalidDataException($"{task.Task!.Name}: {whole.Error.Message}");
        var opened = await store.OpenAsync(version.ArtifactPath, cancellationToken);
        if (opened.IsFailure)
            throw new InvalidDataException($"{task.Task!.Name}: {opened.Error.Message}");
        using var files = opened.Value;
        return EngineMapping.Data(EngineMapping.Spec(task.Task!), files.Path);
    }

    private static ExportedTask Of(RunTask task, Plan plan)
    {
        var place = plan.Kept.IndexOf(task);
        var version = task.DatasetVersion!;
        return new ExportedTask(
            task.Task!.Name, version.Number, version.Sha256, version.TrainRows, version.ValidationRows, version.TestRows, task.Decision, task.Reason, task.DecidedByName,
            place >= 0 && plan.Mixture.HighResource[place], place >= 0 ? plan.Mixture.Stage2Examples[place] : 0, place >= 0 ? plan.Mixture.Stage3Examples[place] : 0);
    }

    /// <summary>Where a training here steers by what it measures on the way, which rows written beforehand cannot.</summary>
    private static List<string> Notes(Plan plan)
    {
        List<string> notes = [];
        if (plan.Recipe.Validation.Count > 0)
            notes.Add("A training by the platform measures validation losses on the way and ends with the weights of the best measurement; here the last weights count.");
        if (plan.Recipe is { Validation.Count: > 0, Stage3.EarlyStop.Patience: > 0 })
            notes.Add("A training by the platform lets tasks leave the mixture that no longer improve; here every task is shown to the end.");
        if (plan.Stages.Any(stage => (stage == 2 ? plan.Recipe.Stage2.LossBalance : plan.Recipe.Stage3.LossBalance) == LossBalance.Coba))
            notes.Add("The recipe's weights by convergence (coba) are measured on the way; here every task weighs the same.");
        if (plan.Tasks.Any(task => task.Decision == TaskDecision.Isolated))
            notes.Add("The adapters of isolated tasks are trained by the platform, after the import.");
        return notes;
    }
}
