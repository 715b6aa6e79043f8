using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;
using Platform.Method;

namespace Platform.Jobs.Runs.Forecasts;

/// <summary>From a measured sample to what every step of a run takes.</summary>
internal static class Forecasting
{
    /// <param name="tasks">In the order of their names, with their dataset versions.</param>
    public static RunForecast Of(Recipe recipe, IReadOnlyList<RunTask> tasks, ThroughputSample sample, Rate rate)
    {
        var context = new Context(recipe, tasks, sample);
        return new RunForecast(
            sample.Device, sample.MeasuredAt, sample.TokensPerSecond, sample.Tokens, sample.Seconds, rate.PricePerHourNano, rate.Currency,
            [.. RunPlan.Steps(recipe, tasks).Select(context.Step)]);
    }

    /// <summary>What the data rules will decide, as far as a forecast can know it.</summary>
    public static void ApplyRules(Recipe recipe, IReadOnlyList<RunTask> tasks)
    {
        var small = recipe.Filter.Strategy == FilterStrategy.None ? [] : tasks.Where(task => task.TrainRows < recipe.MinTrainRows).ToList();
        foreach (var task in small.Where(_ => small.Count < tasks.Count))
            task.Decide(TaskDecision.Isolated, "Too few rows.", null);
    }

    private sealed class Context(Recipe recipe, IReadOnlyList<RunTask> tasks, ThroughputSample sample)
    {
        private readonly Engine.MultiTask.MixturePlan kept = RunPlan.KeptMixture(recipe, tasks);
        private readonly List<RunTask> members = [.. tasks.Where(task => task.Decision != TaskDecision.Isolated)];

        public StepForecast Step(PlannedStep step)
        {
            var task = tasks.SingleOrDefault(task => task.TaskId == step.TaskId);
            var (tokens, seconds, peak) = step.Kind switch
            {
                RunStepKind.Baseline => Add(Training([(task!, step.ExamplesTotal)]), Rows([task!], validationToo: true)),
                RunStepKind.Stage0 => (recipe.Stage0.Tokens, recipe.Stage0.Tokens / sample.TokensPerSecond, sample.PeakBytes),
                RunStepKind.Stage2 => Training(members.Zip(kept.Stage2Examples)),
                RunStepKind.Stage3 => Training(members.Zip(kept.Stage3Examples)),
                RunStepKind.Adapter => Training([(task!, step.ExamplesTotal)], sample.AdapterTokensPerSecond, sample.AdapterPeakBytes),
                RunStepKind.Evaluate => Rows(tasks, recipe.Evaluation.Calibrate),
                RunStepKind.CheckData or RunStepKind.Register => (0, 0, null),
                _ => Training(tasks.Select(each => (each, step.ExamplesTotal / tasks.Count))),
            };
            return new StepForecast(step.Kind, step.TaskId, task?.Task!.Name, step.ExamplesTotal, (long)tokens, seconds, peak);
        }

        private TaskSample Of(RunTask task) => sample.Tasks[task.Task!.Name];

        private (double Tokens, double Seconds, long? Peak) Training(IEnumerable<(RunTask Task, long Examples)> mixture) => recipe.Training.Method == TrainingMethod.Lora
            ? Training(mixture, sample.AdapterTokensPerSecond, sample.AdapterPeakBytes)
            : Training(mixture, sample.TokensPerSecond, sample.PeakBytes);

        /// <summary>The updates, and the measurements on validation rows between them.</summary>
        private (double Tokens, double Seconds, long? Peak) Training(IEnumerable<(RunTask Task, long Examples)> mixture, double speed, long peak)
        {
            var drawn = mixture.Where(part => part.Examples > 0).ToList();
            var tokens = drawn.Sum(part => part.Examples * Of(part.Task).TrainTokens);
            var validated = recipe.Validation.Count * drawn.Sum(part => Validated(part.Task) * Of(part.Task).TrainTokens);
            return drawn.Count == 0 ? (0, 0, null) : (tokens, (tokens / speed) + (validated / sample.ValidationTokensPerSecond), peak);
        }

        /// <summary>Answering the test rows, and the validation rows where they are scored too.</summary>
        private (double Tokens, double Seconds, long? Peak) Rows(IEnumerable<RunTask> of, bool validationToo)
        {
            var counted = of.Select(task => (Task: task, Rows: Math.Min(task.TestRows, recipe.Evaluation.TestRowsMax ?? long.MaxValue) + (validationToo ? Validated(task) : 0))).ToList();
            return (counted.Sum(part => part.Rows * Of(part.Task).TrainTokens), counted.Sum(part => part.Rows * Of(part.Task).AnswerSeconds), null);
        }

        private long Validated(RunTask task) => Math.Min(recipe.Validation.RowsMax, task.DatasetVersion!.ValidationRows);

        private static (double, double, long?) Add((double Tokens, double Seconds, long? Peak) a, (double Tokens, double Seconds, long? Peak) b) =>
            (a.Tokens + b.Tokens, a.Seconds + b.Seconds, a.Peak ?? b.Peak);
    }
}
