using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Setup;
using Platform.Domain.WhatIf;
using Platform.Jobs.Claims;
using Platform.Jobs.Devices;
using Platform.Jobs.Dispatch;
using Platform.Jobs.Runs;
using Platform.Method;
using EngineWhatIf = Platform.Engine.MultiTask.Filtering.WhatIf;

namespace Platform.Jobs.WhatIf;

/// <summary>Answers what a task would do by joining, from a run's stored probe.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed partial class WhatIfJob(
    ClaimedWork work, WhatIfEstimates estimates, ArtifactStore store, EngineThread engine, IOptions<PlatformOptions> options, ILogger<WhatIfJob> logger)
{
    public Task RunAsync(Guid estimateId, CancellationToken cancellationToken) =>
        work.RunAsync<WhatIfEstimate>(estimateId, EstimateAsync, cancellationToken);

    private async Task EstimateAsync(HeldClaim<WhatIfEstimate> held, CancellationToken cancellationToken)
    {
        var started = await estimates.StartAsync(held.Claim, cancellationToken);
        if (started.IsFailure)
            return;
        try
        {
            var json = await AnswerAsync(started.Value, cancellationToken);
            await estimates.CompleteAsync(held.Claim, json, CancellationToken.None);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Asked again it may go well; this one says why it did not.
            LogFailed(exception, started.Value.Task!.Name);
            await estimates.FailAsync(held.Claim, Sentence(exception), CancellationToken.None);
        }
    }

    private async Task<string> AnswerAsync(WhatIfEstimate estimate, CancellationToken cancellationToken)
    {
        var run = estimate.Run!;
        var probe = FilterFindings.Of(run)?.Probe ?? throw new InvalidDataException($"Run {run.Number} has no probe any more.");
        var whole = await store.VerifyAsync(probe.Path, probe.Sha256, cancellationToken);
        if (whole.IsFailure)
            throw new InvalidDataException(whole.Error.Message);
        var baseModel = BaseModelName.Folder(run.BaseModel, options.Value.BaseModelFolder);
        var began = run.Steps.SingleOrDefault(step => step.Kind == RunStepKind.CheckData)?.ResultJson;
        if (began is not null && StepResults.Read<CheckedData>(began).BaseModelSha256 != await BaseModelFolder.HashAsync(baseModel, cancellationToken))
            throw new InvalidDataException($"The base model in '{baseModel}' is not the one that run {run.Number} probed. Bring that one back, or plan a new run.");

        using var probed = await StoredFiles.OpenAsync(store, probe.Path, cancellationToken);
        using var rows = await StoredFiles.OpenAsync(store, estimate.DatasetVersion!.ArtifactPath, cancellationToken);

        // A thread of its own, not the engine's: a training may hold that one for hours, and this takes a minute.
        return await Task.Factory.StartNew(
            () => Estimate(estimate, probed.Path, rows.Path, baseModel, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private string Estimate(WhatIfEstimate estimate, string probe, string rows, string baseModel, CancellationToken cancellationToken)
    {
        engine.Prepare();
        var data = EngineMapping.Data(EngineMapping.Spec(estimate.Task!), rows);
        using var loaded = LoadedModel.Load(baseModel);
        return StepResults.Write(EngineWhatIf.Estimate(probe, () => LoadedModel.LoadWeights(baseModel), loaded.Prompts, data, cancellationToken));
    }

    private static string Sentence(Exception exception) => exception is InvalidDataException or StorageException
        ? exception.Message
        : "The estimate broke off. Ask again; if it happens again, the log of the jobs host says why.";
}
