using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>Losses before and after one step on each task, at one moment of a training.</summary>
/// <param name="Examples">Examples seen until then.</param>
/// <param name="Before">Before[j][row]: losses of task j's measured rows.</param>
/// <param name="After">After[i][j][row]: the same after a step on other rows of task i.</param>
/// <param name="Tokens">Tokens of all passes, those without gradient counted as a third.</param>
public sealed record AffinityMoment(
    long Examples, IReadOnlyList<IReadOnlyList<double>> Before, IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> After, long Tokens);

/// <summary>
/// Inter-task affinity (TAG, Fifty et al., NeurIPS 2021) on validation rows: how one plain SGD step on task i changes the loss of task j. The rows of
/// the step and the measured ones are never the same, so that also a task's effect on itself is that on rows it has not seen.
/// </summary>
internal static class Affinity
{
    // By first order a step on a task lowers its own batch's loss by this share, on average over the tasks: small enough to be
    // a step and large enough to stand out from float32's rounding.
    private const double StepShare = 0.05;

    /// <summary>Measures; the adapter's weights are the same bits afterwards.</summary>
    /// <param name="model">The model, its own weights frozen, using <paramref name="adapter"/>.</param>
    /// <param name="adapter">The adapter that is being trained.</param>
    /// <param name="validation">Validation rows of each task, in an order without meaning.</param>
    /// <param name="moment">0, 1, 2 ...: each takes other rows for its steps.</param>
    /// <param name="examples">Examples seen until now.</param>
    /// <param name="options">How many rows.</param>
    /// <param name="maxTokens">Most tokens of a pass.</param>
    public static AffinityMoment Measure(
        CausalLanguageModel model, LoraAdapter adapter, IReadOnlyList<IReadOnlyList<TokenizedRow>> validation, int moment, long examples, FilterOptions options, int maxTokens)
    {
        List<Parameter> weights = [.. adapter.NamedParameters().Select(p => p.Parameter)];
        var rows = validation.Select(task => Share(task, moment, options)).ToList();
        using var scope = NewDisposeScope();
        var kept = weights.Select(w => w.detach().clone()).ToList();
        var gradients = new AnswerGradients(model, adapter, maxTokens, checkpointing: false);
        var steps = rows.Select(r => Gradient(gradients, adapter, weights, r.Step)).ToList();
        var gain = steps.Average(s => s.Squared / Math.Max(s.Loss, 1e-6));
        var rate = gain > 0 ? StepShare / gain : 0;
        var before = rows.Select(r => AnswerLoss.RowLosses(model, r.Measured, maxTokens)).ToList();
        var after = new List<IReadOnlyList<IReadOnlyList<double>>>();
        foreach (var step in steps)
        {
            Move(weights, kept, step.Gradient, rate);
            after.Add([.. rows.Select(r => AnswerLoss.RowLosses(model, r.Measured, maxTokens))]);
        }

        Move(weights, kept, null, 0);
        var stepTokens = rows.Sum(r => r.Step.Sum(row => (long)row.Ids.Length));
        var measuredTokens = rows.Sum(r => r.Measured.Sum(row => (long)row.Ids.Length)) * (rows.Count + 1);
        return new AffinityMoment(examples, before, after, stepTokens + (measuredTokens / 3));
    }

    /// <summary>The map over all moments, with a bootstrap over moments and rows.</summary>
    /// <param name="tasks">Names and examples.</param>
    /// <param name="moments">At least one.</param>
    /// <param name="options">Confidence and draws.</param>
    /// <param name="seed">Fixes the bootstrap.</param>
    public static CompatibilityMap Map(IReadOnlyList<(string Name, long Examples)> tasks, IReadOnlyList<AffinityMoment> moments, FilterOptions options, long seed)
    {
        var count = tasks.Count;
        var random = new SeededRandom(seed);
        var effects = Centered.Matrix(count, options, Resample, () => Effects(moments, [.. moments[0].Before.Select(rows => Enumerable.Repeat(1, rows.Count).ToArray())]));
        return new CompatibilityMap
        {
            Method = "affinity",
            Meaning = "A step on one task's rows changes another's validation loss; above 0 it hurts. 1 is what a step on a task's own rows gains on average. All others: the sum of their steps.",
            Tasks = [.. tasks.Select(t => t.Name)],
            Examples = [.. tasks.Select(t => t.Examples)],
            Rows = [.. moments[0].Before.Select(rows => rows.Count)],
            Confidence = options.Confidence,
            Effects = [.. Enumerable.Range(0, count).Select(i => (IReadOnlyList<Interval?>)[.. Enumerable.Range(0, count).Select(j => i == j ? null : effects[i, j])])],
            Others = [.. Enumerable.Range(0, count).Select(j => effects[count, j])],
        };

        double[,] Resample() => Effects(
            [.. moments.Select(_ => moments[random.Next(moments.Count)])],
            [.. moments[0].Before.Select(rows => Bootstrapping.Times(rows.Count, random))]);
    }

    /// <summary>effects[i, j] of i on j; the last line is that of all others together.</summary>
    /// <param name="moments">Those that count.</param>
    /// <param name="times">How often each measured row of each task counts.</param>
    internal static double[,] Effects(IReadOnlyList<AffinityMoment> moments, IReadOnlyList<int[]> times)
    {
        var count = times.Count;
        var z = new double[count, count];
        foreach (var moment in moments)
        {
            for (var j = 0; j < count; j++)
            {
                var before = Bootstrapping.Mean(moment.Before[j], times[j]);
                for (var i = 0; i < count; i++)
                    z[i, j] += (1 - (Bootstrapping.Mean(moment.After[i][j], times[j]) / before)) / moments.Count;
            }
        }

        // Pooled over tasks: a single task's own gain may be next to nothing.
        var own = Math.Max(Enumerable.Range(0, count).Average(j => z[j, j]), 1e-4);
        var effects = new double[count + 1, count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                effects[i, j] = -z[i, j] / own;
                effects[count, j] += i == j ? 0 : effects[i, j];
            }
        }

        return effects;
    }

    /// <summary>The rows of the step and the measured ones; few rows are halved.</summary>
    private static (IReadOnlyList<TokenizedRow> Step, IReadOnlyList<TokenizedRow> Measured) Share(IReadOnlyList<TokenizedRow> rows, int moment, FilterOptions options)
    {
        var measured = Math.Min(options.MeasureRows, rows.Count / 2);
        var rest = rows.Count - measured;
        var step = Math.Min(options.StepRows, rest);
        return ([.. Enumerable.Range(0, step).Select(i => rows[measured + (((moment * step) + i) % rest)])], [.. rows.Take(measured)]);
    }

    private static (List<Tensor> Gradient, double Squared, double Loss) Gradient(
        AnswerGradients gradients, LoraAdapter adapter, List<Parameter> weights, IReadOnlyList<TokenizedRow> rows)
    {
        var losses = gradients.Add(rows, [.. rows.Select(r => 1.0 / (rows.Count * r.AnswerTokens))], update: 0);
        var gradient = weights.Select(w => w.grad is { } g ? g.clone() : zeros_like(w)).ToList();
        Gradients.Clear(adapter.NamedParameters());
        return (gradient, gradient.Sum(g => g.Squared().sum().ToDouble()), losses.Average());
    }

    private static void Move(List<Parameter> weights, List<Tensor> from, List<Tensor>? gradient, double rate)
    {
        using var noGrad = no_grad();
        for (var w = 0; w < weights.Count; w++)
        {
            weights[w].copy_(from[w]);
            if (gradient is not null)
                weights[w].Add(gradient[w], -rate);
        }
    }
}
