using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;
using Platform.Jobs.Devices;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

/// <summary>
/// Stores the weights, adapters and evidence as a model version. The registry ends this step and the run in one transaction, so
/// the executor does not complete it a second time.
/// </summary>
internal sealed class RegisterStep(EngineThread engine, ArtifactStore store, ModelRegistry registry) : IRunStepWork
{
    private const int ParityRows = 8; // of each task

    public RunStepKind Kind => RunStepKind.Register;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var evaluation = step.Result<EvaluationOutcome>(RunStepKind.Evaluate) ?? throw new InvalidDataException("The run has no evaluation. Plan it again.");
        using var staging = store.Stage(ArtifactStore.Models);
        var contextTokens = await engine.RunAsync(() => Save(step, evaluation, staging.Folder, cancellationToken), cancellationToken);
        ModelCard.Write(step, evaluation, staging.Folder);
        var stored = await staging.CommitAsync(cancellationToken);
        if (stored.IsFailure)
            throw new StorageException(stored.Error);

        await step.Writer.NoteAsync($"The model version takes {stored.Value.SizeBytes / (double)(1 << 20):N1} MiB on disk.", cancellationToken);
        await step.Reporter.DisposeAsync();
        var registered = await registry.RegisterAsync(
            step.Writer.Claim, step.Step.Id,
            new NewModelVersion(
                step.Run.BaseModel, stored.Value.Path, stored.Value.Sha256, contextTokens, stored.Value.SizeBytes, [.. evaluation.Tasks.Select(Evaluation)]),
            cancellationToken);
        if (registered.IsFailure)
            throw new ClaimLostException(registered.Summary);
        return StepResults.Write(new { ModelVersion = registered.Value.Number });
    }

    /// <returns>Tokens of the context.</returns>
    private static int Save(StepContext step, EvaluationOutcome evaluation, string folder, CancellationToken cancellationToken)
    {
        SaveWeights(step, evaluation, folder);

        // From the folder, as the server will: what was saved badly shows here and not when it is deployed.
        using var saved = MultiTaskModel.Load(folder, TorchRuntime.DefaultDevice());
        var rows = step.Tasks.SelectMany(task => RowSample.Of(step.Data.For(task).Test, ParityRows, step.Recipe.Seed).Select(row => (task.Task!.Name, row)));
        ParitySample.Write(folder, ParitySample.Record(saved, rows, cancellationToken));
        return saved.ContextTokens;
    }

    private static void SaveWeights(StepContext step, EvaluationOutcome evaluation, string folder)
    {
        using var loaded = LoadedModel.Load(step.Folder.StageModel(3));
        var adapters = new List<LoraAdapter>();
        try
        {
            List<(TaskSpec, LoraAdapter?)> tasks = [];
            foreach (var task in step.Tasks)
            {
                LoraAdapter? adapter = null;
                if (task.Decision == TaskDecision.Isolated)
                    adapters.Add(adapter = PeftFolder.Load(step.Folder.AdapterModel(task.Task!.Name), loaded.Model));
                tasks.Add((EngineMapping.Spec(task.Task!), adapter));
            }

            var temperatures = evaluation.Tasks.Where(task => task.Temperature is not null).ToDictionary(task => task.Task, task => task.Temperature!.Value, StringComparer.Ordinal);
            MultiTaskModel.Save(folder, loaded.Model, loaded.Prompts.Tokenizer, tasks, temperatures);
        }
        finally
        {
            adapters.ForEach(adapter => adapter.Dispose());
        }
    }

    private static NewTaskEvaluation Evaluation(TaskOutcome task) => new(
        task.TaskId, task.Metric, task.Score, task.Low, task.High, task.SingleScore, task.DifferenceLow, task.DifferenceHigh,
        task.TestRows, task.ServedBy, task.Verdict, task.Sentence)
    {
        PredictionsPath = task.PredictionsPath,
        SinglePredictionsPath = task.SinglePredictionsPath,
        Temperature = task.Temperature,
        ReportPath = task.ReportPath,
        ReportSha256 = task.ReportSha256,
        PValue = task.PValue,
        AdjustedPValue = task.AdjustedPValue,
    };
}
