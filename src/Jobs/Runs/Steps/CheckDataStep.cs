using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Jobs.Checks;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

/// <summary>
/// Makes sure that the run can be done before any compute is spent: data undamaged, tasks with enough rows, lengths known. Then
/// decides by the data rules, as far as the recipe leaves the decision to them.
/// </summary>
internal sealed class CheckDataStep(ArtifactStore store, BaseModelPrompts prompts) : IRunStepWork
{
    public RunStepKind Kind => RunStepKind.CheckData;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var known = prompts.For(step.BaseModel);
        var limit = Math.Min(step.Recipe.MaxTokens, known.ContextTokens);
        List<CheckedTask> tasks = [];
        foreach (var task in step.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tasks.Add(await CheckAsync(step, task, known, limit, cancellationToken));
            step.Reporter.Rows(tasks.Sum(done => done.TrainRows), step.Tasks.Sum(each => each.TrainRows), 0, TimeSpan.Zero, TimeSpan.Zero);
        }

        await DecideAsync(step, cancellationToken);
        return StepResults.Write(new CheckedData(step.BaseModelSha256, known.ContextTokens, tasks));
    }

    private async Task<CheckedTask> CheckAsync(StepContext step, RunTask task, BasePrompts known, int limit, CancellationToken cancellationToken)
    {
        var name = task.Task!.Name;
        var whole = await store.VerifyAsync(task.DatasetVersion!.ArtifactPath, task.DatasetVersion.Sha256, cancellationToken);
        if (whole.IsFailure)
            throw new InvalidDataException($"{name}: {whole.Error.Message}");

        var data = step.Data.For(task);
        if (data.Train.Count == 0 || data.Validation.Count == 0 || data.Test.Count == 0)
            throw new InvalidDataException($"{name}: dataset version {task.DatasetVersion.Number} has an empty split (train {data.Train.Count}, validation {data.Validation.Count}, test {data.Test.Count} rows). Upload one with rows in every split, and plan the run again.");
        if (data.Spec.Labels.FirstOrDefault(label => known.Builder.Text(known.Builder.Answer(label)) != label.Trim()) is { } unknown)
            throw new InvalidDataException($"{name}: the base model's tokenizer cannot write the label '{unknown}' (it comes back as '{known.Builder.Text(known.Builder.Answer(unknown))}'). Rename the label, or choose a base model whose tokenizer knows its characters, and plan the run again.");
        var longRows = data.Train.Count(row => known.Builder.Prompt(data.Spec, row.Text, row.Text2).FullTokens + known.Builder.Answer(row.Output).Length > limit);
        if (longRows > 0 && step.Recipe.TooLong == TooLongRows.Stop)
            throw new InvalidDataException($"{name}: {longRows:N0} of {data.Train.Count:N0} training rows are longer than {limit} tokens, and the recipe says to stop then. Shorten them, raise maxTokens (the base model takes {known.ContextTokens}), or choose truncate or drop.");
        if (longRows > 0)
            await step.Writer.WarnAsync($"{name}: {longRows:N0} of {data.Train.Count:N0} training rows are longer than {limit} tokens; they will be {(step.Recipe.TooLong == TooLongRows.Drop ? "left out" : "cut")}.", cancellationToken);
        return new CheckedTask(name, data.Train.Count, longRows);
    }

    private static async Task DecideAsync(StepContext step, CancellationToken cancellationToken)
    {
        foreach (var (name, decided) in step.Recipe.Filter.Overrides)
            await step.Writer.ChangeTaskAsync(step.Named(name).TaskId, found => DataRules.Override(found, decided), cancellationToken);

        // What the rules do not settle is left to the strategy.
        foreach (var (task, decision) in step.Tasks.Zip(DataRules.Decide(step.Recipe, step.Tasks)))
            if (decision is not null)
                await step.Writer.ChangeTaskAsync(task.TaskId, found => found.Decide(
                    decision.Isolate ? TaskDecision.Isolated : TaskDecision.Kept, decision.Sentence, StepResults.Write(new { task.TrainRows, step.Recipe.MinTrainRows })), cancellationToken);
    }
}
