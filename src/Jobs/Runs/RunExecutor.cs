using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Jobs.Runs.Steps;
using Platform.Method;

namespace Platform.Jobs.Runs;

/// <summary>
/// Does a claimed run's steps in order. What each leaves is stored with it, so a step that is done is never done again; one that
/// broke off goes on from its checkpoint in the run's folder.
/// </summary>
public sealed partial class RunExecutor
{
    private readonly RunJournal journal;
    private readonly ArtifactStore store;
    private readonly PlatformOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<RunExecutor> logger;
    private readonly Dictionary<RunStepKind, IRunStepWork> works;

    internal RunExecutor(
        RunJournal journal, ArtifactStore store, IEnumerable<IRunStepWork> works, IOptions<PlatformOptions> options, TimeProvider clock, ILogger<RunExecutor> logger)
    {
        (this.journal, this.store, this.clock, this.logger) = (journal, store, clock, logger);
        this.options = options.Value;
        this.works = works.ToDictionary(work => work.Kind);
    }

    /// <param name="stop">The host stops or the claim is lost: a checkpoint is stored, and the run stays as it is for the next one.</param>
    public async Task ExecuteAsync(Claim claim, CancellationToken stop)
    {
        using var writer = new RunWriter(journal, claim);
        var folder = new RunFolder(options.DataFolder, claim);
        var at = new Position();
        try
        {
            if (!await writer.StartAsync(stop))
                return;
            folder.TakeOver();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, writer.Cancelled, writer.Paused);
            await DoStepsAsync(writer, folder, at, either.Token);
            folder.Delete();
        }
        catch (ClaimLostException)
        {
            LogLost(claim.EntityId);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogPaused(claim.EntityId);
            throw;
        }
        catch (OperationCanceledException) when (writer.Cancelled.IsCancellationRequested)
        {
            await EndCancelledAsync(writer, folder);
        }
        catch (OperationCanceledException) when (writer.Paused.IsCancellationRequested)
        {
            await EndPausedAsync(writer, at);
        }
        catch (Exception exception)
        {
            // Whatever went wrong, the run says so, and can be tried again.
            await FailAsync(writer, at, folder, exception);
        }
    }

    /// <summary>The step at work, for the error that may end it.</summary>
    private sealed class Position
    {
        public RunStep? Step { get; set; }

        public string? Task { get; set; }
    }

    private async Task DoStepsAsync(RunWriter writer, RunFolder folder, Position at, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = await writer.LoadAsync(cancellationToken);
        var parsed = Recipe.Parse(run.RecipeJson);
        if (parsed.IsFailure)
            throw new InvalidDataException($"the recipe cannot be used: {parsed.Summary}");
        var baseModel = BaseModelName.Folder(run.BaseModel, options.BaseModelFolder);
        var hash = await BaseModelFolder.HashAsync(baseModel, cancellationToken);
        if (parsed.Value.BaseModelSha256 is not { } wanted)
            await writer.ResolveBaseModelAsync(parsed.Value, hash, cancellationToken);
        else if (wanted != hash)
            throw new InvalidDataException($"the base model in '{baseModel}' has the hash {hash}, not {wanted}, which the recipe names. Bring that one back and try again, or take baseModelSha256 out of the recipe and plan a new run.");
        CheckWorkIsHere(run, folder);
        using var data = new RunData(store);
        while (true)
        {
            // Looked at anew before every step: decisions and results of the one before are in it.
            cancellationToken.ThrowIfCancellationRequested();
            await writer.PlanStepsAsync(RunPlan.Steps(parsed.Value, Ordered(await writer.LoadAsync(cancellationToken))), cancellationToken);
            run = await writer.LoadAsync(cancellationToken);
            var tasks = Ordered(run);
            if (run.Steps.FirstOrDefault(step => step.Status != RunStepStatus.Done) is not { } next)
                return;
            at.Step = next;
            at.Task = tasks.SingleOrDefault(task => task.TaskId == next.TaskId)?.Task!.Name;
            await DoStepAsync(new Work(run, parsed.Value, tasks, next, baseModel, hash, folder, data), writer, cancellationToken);
        }
    }

    /// <summary>Another host may have trained stages into a folder that this one does not see. Going on without them would train something else.</summary>
    private static void CheckWorkIsHere(FineTuningRun run, RunFolder folder)
    {
        var nothing = StepResults.Write(TrainingOutcome.Nothing);
        var trained = run.Steps.FirstOrDefault(step => step.Status == RunStepStatus.Done && step.ResultJson != nothing
            && step.Kind is RunStepKind.Stage0 or RunStepKind.Stage2 or RunStepKind.Stage3 or RunStepKind.Adapter);
        if (trained is not null && run.Steps.Any(step => step.Status != RunStepStatus.Done) && !Directory.Exists(folder.Root))
            throw new InvalidDataException($"what {trained.Kind} has trained is not in '{Path.GetDirectoryName(folder.Root)}' of {Environment.MachineName}. Jobs hosts that are to take over each other's runs share the folder work/ in Platform__DataPath: share it and try again, or plan the run again.");
    }

    private sealed record Work(
        FineTuningRun Run, Recipe Recipe, IReadOnlyList<RunTask> Tasks, RunStep Step, string BaseModel, string BaseModelSha256, RunFolder Folder, RunData Data);

    private async Task DoStepAsync(Work work, RunWriter writer, CancellationToken cancellationToken)
    {
        var step = work.Step;
        LogStep(work.Run.Number, step.Ordinal, step.Kind);
        await writer.StartStepAsync(step.Id, long.MaxValue, cancellationToken);

        // Decisions can be overridden until a stage has begun, so up to this moment.
        var begun = await writer.LoadAsync(cancellationToken);
        work = work with { Run = begun, Tasks = Ordered(begun) };
        var taskIds = work.Tasks.ToDictionary(task => task.Task!.Name, task => task.TaskId);
        string result;
        await using (var reporter = new StepReporter(writer, step, taskIds, clock))
        {
            await work.Data.HoldAsync(work.Tasks, cancellationToken);
            var context = new StepContext(
                work.Run, work.Recipe, work.Tasks, step, work.BaseModel, work.BaseModelSha256, work.Folder, writer, reporter, work.Data);
            result = await works[step.Kind].DoAsync(context, cancellationToken);
        }

        if (step.Kind != RunStepKind.Register)
            await writer.CompleteStepAsync(step.Id, result, cancellationToken);
    }

    private static List<RunTask> Ordered(FineTuningRun run) => [.. run.Tasks.OrderBy(task => task.Task!.Name, StringComparer.Ordinal)];

    /// <summary>The step stays as it is, with its checkpoint; whoever resumes the run goes on from there.</summary>
    private async Task EndPausedAsync(RunWriter writer, Position at)
    {
        try
        {
            await writer.ConfirmPausedAsync(RunFailures.Place(at.Step, at.Task), CancellationToken.None);
        }
        catch (ClaimLostException)
        {
            LogLost(writer.Claim.EntityId);
        }
    }

    private async Task EndCancelledAsync(RunWriter writer, RunFolder folder)
    {
        try
        {
            // Not the step at work: a run that was paused before has none.
            foreach (var step in (await writer.LoadAsync(CancellationToken.None)).Steps.Where(step => step.Status == RunStepStatus.Running))
                await writer.FailStepAsync(step.Id, "The run was cancelled.", CancellationToken.None);
            await writer.ConfirmCancelledAsync(CancellationToken.None);
            folder.Delete();
        }
        catch (ClaimLostException)
        {
            LogLost(writer.Claim.EntityId);
        }
    }

    private async Task FailAsync(RunWriter writer, Position at, RunFolder folder, Exception exception)
    {
        var sentence = RunFailures.Describe(exception, at.Step, at.Task, folder.Root);
        LogFailed(exception, writer.Claim.EntityId, sentence);
        try
        {
            if (at.Step is { } step)
                await FailStepAsync(writer, step, sentence);
            await writer.FailAsync(sentence, CancellationToken.None);
        }
        catch (ClaimLostException)
        {
            LogLost(writer.Claim.EntityId);
        }
    }

    /// <summary>The step may not have been started, or be done already: then only the run fails.</summary>
    private static async Task FailStepAsync(RunWriter writer, RunStep step, string sentence)
    {
        var now = (await writer.LoadAsync(CancellationToken.None)).Steps.Single(found => found.Id == step.Id);
        if (now.Status == RunStepStatus.Running)
            await writer.FailStepAsync(step.Id, sentence, CancellationToken.None);
    }
}
