using Platform.Engine.Evaluation;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>
/// The losses of every task with and without every other, and alone, from one probe and no further training: projected gradients at the probe's
/// weights and <see cref="LinearizedTuning"/>.
/// </summary>
public static class LeaveOneOut
{
    // Of the natural unit, three to a decade: from weights that nearly interpolate the rows to weights that hardly leave the probe's.
    private static readonly double[] Ridges = [.. Enumerable.Range(-6, 28).Select(i => Math.Pow(10, i / 3.0))];

    // Farther than this the line through the probe's weights is no guide: log-odds would grow without bounds where a real model's answers compete.
    private const double TrustedChange = 0.1;

    /// <summary>Estimates the map.</summary>
    /// <param name="tasks">The probe's tasks, at least two.</param>
    /// <param name="options">Confidence and draws.</param>
    /// <param name="seed">Fixes the bootstrap.</param>
    /// <param name="cancellationToken">Stops between draws.</param>
    public static CompatibilityMap Map(IReadOnlyList<ProbedTask> tasks, FilterOptions options, long seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(options);
        var count = tasks.Count;
        var estimates = Estimate(tasks, options, seed, cancellationToken);
        return new CompatibilityMap
        {
            Method = "leaveOneOut",
            Meaning = "Validation loss of a task in the mixture of all, against the mixture without the other task; all others: against training alone. As a share of the loss; above 0 it hurts.",
            Tasks = [.. tasks.Select(t => t.Name)],
            Examples = [.. tasks.Select(t => t.Examples)],
            Rows = [.. tasks.Select(t => t.Validation.Rows)],
            Confidence = options.Confidence,
            Effects = [.. Enumerable.Range(0, count).Select(i => (IReadOnlyList<Interval?>)[.. Enumerable.Range(0, count).Select(j => i == j ? null : estimates[i, j])])],
            Others = [.. Enumerable.Range(0, count).Select(j => estimates[count, j])],
        };
    }

    /// <summary>[i, j] of i on j with intervals; the last line is that of all others together. The diagonal means nothing.</summary>
    private static Interval[,] Estimate(IReadOnlyList<ProbedTask> tasks, FilterOptions options, long seed, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var tuning = new LinearizedTuning([.. tasks.Select(t => (t.Train, t.Validation))], options.ProjectionSize);
        var once = Weigh(tasks, tuning.Weights(_ => true));
        var ridge = Ridge(tuning, once, tasks.Count);
        List<double[]> masks =
        [
            tuning.Weights(_ => true),
            .. Enumerable.Range(0, tasks.Count).Select(i => tuning.Weights(t => t != i)),
            .. Enumerable.Range(0, tasks.Count).Select(i => tuning.Weights(t => t == i)),
        ];
        var fitted = new List<Tensor>();
        foreach (var mask in masks)
            fitted.Add(tuning.Fit(Times(mask, once), ridge, fitted.Count is 0 || fitted.Count > tasks.Count ? null : fitted[0]));
        var inverses = masks.Select((mask, i) => tuning.InverseCurvature(fitted[i], Times(mask, once), ridge)).ToList();
        var random = new SeededRandom(seed);
        return Centered.Matrix(tasks.Count, options, Resample, () => Effects(fitted, [.. tasks.Select(t => Enumerable.Repeat(1, t.Validation.Rows).ToArray())]));

        double[,] Resample()
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var draw = NewDisposeScope();
            var weights = Weigh(tasks, tuning.Weights(_ => true, tuning.Draw(random)));
            return Effects(
                [.. masks.Select((mask, i) => tuning.Refit(fitted[i], inverses[i], Times(mask, weights), ridge))],
                [.. tasks.Select(t => Bootstrapping.Times(t.Validation.Rows, random))]);
        }

        double[,] Effects(IReadOnlyList<Tensor> weights, IReadOnlyList<int[]> times)
        {
            var effects = new double[tasks.Count + 1, tasks.Count];
            for (var j = 0; j < tasks.Count; j++)
            {
                var mixed = Loss(0, j);
                effects[tasks.Count, j] = (mixed / Loss(1 + tasks.Count + j, j)) - 1;
                for (var i = 0; i < tasks.Count; i++)
                    effects[i, j] = i == j ? 0 : (mixed / Loss(1 + i, j)) - 1;
            }

            return effects;

            double Loss(int fit, int j) => Bootstrapping.Mean(tuning.Losses(weights[fit], j), times[j]);
        }
    }

    private static double[] Times(double[] mask, double[] weights) => [.. mask.Zip(weights, (used, weight) => used * weight)];

    /// <summary>
    /// The smallest ridge with which the mixture of all changes the losses of validation rows by no more than a tenth, as a mean over the tasks: how far
    /// the linear model is trusted.
    /// </summary>
    internal static double Ridge(LinearizedTuning tuning, IReadOnlyList<double> weights, int tasks)
    {
        using var scope = NewDisposeScope();
        var before = Losses(zeros(tuning.Size, dtype: ScalarType.Float64));
        var ridges = Ridges.Select(share => share * tuning.Scale).ToList();
        return ridges.FirstOrDefault(IsTrusted, ridges[^1]);

        bool IsTrusted(double ridge)
        {
            using var trial = NewDisposeScope();
            return Losses(tuning.Fit(weights, ridge)).Zip(before, (after, start) => Math.Abs(Math.Log(after / start))).Average() <= TrustedChange;
        }

        List<double> Losses(Tensor w) => [.. Enumerable.Range(0, tasks).Select(j => Math.Max(tuning.Losses(w, j).Average(), 1e-6))];
    }

    /// <summary>A sampled row stands for as many examples as the mixture shows of its task; 1 on average.</summary>
    private static double[] Weigh(IReadOnlyList<ProbedTask> tasks, double[] weights)
    {
        double[] each = [.. tasks.SelectMany(t => Enumerable.Repeat((double)t.Examples / t.Train.Rows, t.Train.Rows))];
        var mean = each.Average();
        return [.. weights.Zip(each, (weight, share) => weight * share / mean)];
    }
}
