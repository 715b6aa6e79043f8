using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.Training;

/// <summary>A row as a training shows it.</summary>
/// <param name="Task">Place of its task in the list that was asked about.</param>
/// <param name="Id">The row's id in its task.</param>
/// <param name="Ids">Token ids: prompt, answer and end token.</param>
/// <param name="PromptTokens">How many of them are the prompt, which is seen and not learnt.</param>
/// <param name="TokenWeight">What the loss of each answer token counts in its update; all answer tokens of an update together count 1.</param>
public sealed record DrawnRow(int Task, string Id, IReadOnlyList<int> Ids, int PromptTokens, double TokenWeight);

/// <summary>What a training shows and when, for those who train the same elsewhere.</summary>
public static class TrainingOrder
{
    /// <summary>
    /// The updates that <see cref="FineTuner.Run"/> makes with the same arguments as long as no task stops early: the same rows, cut the same
    /// way, in the same order. <see cref="LossBalance.CoBa"/> weighs tasks by losses that are measured on the way; here they weigh the same.
    /// </summary>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="tasks">The tasks of the mixture; only their training rows are read.</param>
    /// <param name="examplesPerTask">How many examples of each task are shown; 0 leaves a task out.</param>
    /// <param name="options">How.</param>
    /// <param name="contextTokens">Longest sequence that the model takes.</param>
    /// <returns>The rows of each update, in their order.</returns>
    /// <exception cref="InvalidDataException">The data cannot be trained on; the message names task and row.</exception>
    public static IEnumerable<IReadOnlyList<DrawnRow>> Updates(
        PromptBuilder prompts, IReadOnlyList<TaskData> tasks, IReadOnlyList<long> examplesPerTask, TrainingOptions options, int contextTokens)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(examplesPerTask);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Objective != TrainingObjective.Answers)
            throw new ArgumentException("Only a training on answers has rows with an id.", nameof(options));
        var chosen = Enumerable.Range(0, tasks.Count).Where(i => examplesPerTask[i] > 0).ToList();
        var rows = Rows(prompts, [.. chosen.Select(i => tasks[i])], Math.Min(options.MaxTokens, contextTokens), options);
        var plan = Plan(rows, chosen, examplesPerTask, options);
        return Enumerable.Range(0, plan.Count).Select(index => Drawn(plan.Batch(index, new HashSet<int>(), 0), rows, chosen, options.LossBalance));
    }

    internal static List<TokenizedTask> Rows(PromptBuilder prompts, IReadOnlyList<TaskData> tasks, int maxTokens, TrainingOptions options) =>
        [.. tasks.Select(task => TokenizedTask.Create(prompts, task.Spec, task.Train, maxTokens, options.LongRows, options.Objective))];

    internal static BatchPlan Plan(IReadOnlyList<TokenizedTask> rows, IReadOnlyList<int> chosen, IReadOnlyList<long> examplesPerTask, TrainingOptions options) =>
        new(rows, [.. chosen.Select(i => examplesPerTask[i])], chosen, options);

    private static IReadOnlyList<DrawnRow> Drawn(IReadOnlyList<(int Task, int Row)> batch, List<TokenizedTask> tasks, List<int> chosen, LossBalance balance)
    {
        List<TokenizedRow> rows = [.. batch.Select(entry => tasks[entry.Task].Rows[entry.Row])];
        var weights = LossWeights.Of(balance, [.. batch.Select(entry => entry.Task)], [.. rows.Select(row => row.AnswerTokens)], _ => 1);
        return [.. batch.Select((entry, i) => new DrawnRow(chosen[entry.Task], rows[i].Id!, rows[i].Ids, rows[i].PromptTokens, weights[i]))];
    }
}
