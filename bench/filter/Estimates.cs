using System.Diagnostics;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.FilterBench;

/// <summary>An estimate of all effects.</summary>
/// <param name="Settings">Name of the settings.</param>
/// <param name="Method">How.</param>
/// <param name="Tasks">In the order of the effects.</param>
/// <param name="Effects">Effects[i][j] of task i on task j: value, low, high; empty where i is j.</param>
/// <param name="Others">Of all others together on each task: value, low, high.</param>
/// <param name="Tokens">Of the probe and the measurement.</param>
/// <param name="Seconds">Of both.</param>
internal sealed record EstimateResult(
    string Settings, string Method, IReadOnlyList<string> Tasks, IReadOnlyList<IReadOnlyList<double[]>> Effects, IReadOnlyList<double[]> Others, long Tokens, double Seconds);

/// <summary>The probe and what both methods make of it.</summary>
internal sealed class Estimates(BenchSettings settings, string baseModel, PromptBuilder prompts, IReadOnlyList<TaskData> tasks, ResultsFile<EstimateResult> results, string workFolder)
{
    private const double ProbeLearningRate = 2e-3;

    public void Run(TextWriter output, CancellationToken cancellationToken)
    {
        var done = results.Read().Where(r => r.Settings == settings.Name).Select(r => r.Method).ToHashSet();
        if (done.Contains("affinity") && done.Contains("leaveOneOut"))
            return;
        output.WriteLine("probe");
        var options = new FilterOptions
        {
            Examples = tasks.Sum(t => (long)t.Train.Count * settings.Epochs),
            GradientTrainRows = settings.Rows,
            GradientValidationRows = settings.ValidationRows,
            StepRows = 12,
            MeasureRows = 16,
            Moments = 2,
        };
        var training = settings.Training(BenchSettings.DataSeed) with { LearningRate = ProbeLearningRate };
        var work = new ProbeWork(
            () => HuggingFaceFolder.LoadModel(baseModel), prompts, tasks, options, new LoraOptions { Rank = 8, Alpha = 16 }, training,
            Path.Combine(workFolder, "probe"), settings.Name);
        var probe = LoraProbe.Run(work, _ => { }, cancellationToken);
        if (!done.Contains("affinity"))
        {
            var map = Map(new AffinityFilter(), work, cancellationToken);
            results.Append(Result(map, probe.Cost.TrainingTokens + probe.Cost.AffinityTokens, probe.Cost.TrainingSeconds + probe.Cost.AffinitySeconds));
        }

        if (!done.Contains("leaveOneOut"))
        {
            var clock = Stopwatch.StartNew();
            var map = Map(new LeaveOneOutFilter(), work, cancellationToken);
            results.Append(Result(
                map, probe.Cost.TrainingTokens + probe.Cost.GradientTokens, probe.Cost.TrainingSeconds + probe.Cost.GradientSeconds + clock.Elapsed.TotalSeconds));
        }
    }

    private static CompatibilityMap Map(IFilterStrategy strategy, ProbeWork work, CancellationToken cancellationToken) =>
        strategy.Filter(work with { Options = work.Options with { CheckBorderline = false } }, _ => { }, cancellationToken).Map!;

    private EstimateResult Result(CompatibilityMap map, long tokens, double seconds) => new(
        settings.Name, map.Method, map.Tasks, [.. map.Effects.Select(line => (IReadOnlyList<double[]>)[.. line.Select(Numbers)])], [.. map.Others.Select(Numbers)],
        tokens, Math.Round(seconds, 2));

    private static double[] Numbers(Interval? effect) =>
        effect is null ? [] : [Math.Round(effect.Value, 6), Math.Round(effect.Low, 6), Math.Round(effect.High, 6)];
}
