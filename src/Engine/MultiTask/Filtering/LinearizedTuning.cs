using Platform.Engine.Evaluation;
using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>
/// Fine-tuning as a small regression. With p the geometric mean of the probabilities of an answer's tokens, a row's log-odds are
/// h = log(p / (1 - p)) and its loss is log(1 + e^-h). Near the probe's weights h is nearly linear in them, so that fine-tuning on some rows is a
/// regularised logistic regression on the rows' projected gradients (Li et al., KDD 2024 and ACL 2025), and losses of other rows follow.
/// </summary>
/// <remarks>Owns its tensors, float64 on the CPU.</remarks>
internal sealed class LinearizedTuning : IDisposable
{
    private const double LeastLoss = 1e-4;
    private const int MaxIterations = 12;
    private const int RefitSteps = 3;

    private readonly Tensor _train; // [n, d]: gradients of h
    private readonly Tensor _trainOdds; // [n]: h at the probe's weights
    private readonly Tensor _validation;
    private readonly Tensor _validationOdds;
    private readonly (int Start, int Count)[] _trainPlaces;
    private readonly (int Start, int Count)[] _validationPlaces;

    /// <param name="tasks">Rows to learn from and rows to measure on, of each task.</param>
    /// <param name="size">d.</param>
    public LinearizedTuning(IReadOnlyList<(RowGradients Train, RowGradients Validation)> tasks, int size)
    {
        using var scope = NewDisposeScope();
        (_train, _trainOdds, _trainPlaces) = Stack([.. tasks.Select(t => t.Train)], size);
        (_validation, _validationOdds, _validationPlaces) = Stack([.. tasks.Select(t => t.Validation)], size);
        Scale = _train.Squared().sum().ToDouble() / _train.shape[1] / 4;
    }

    /// <summary>A natural unit for the ridge: the mean curvature of all rows' losses at even odds.</summary>
    public double Scale { get; }

    /// <summary>d.</summary>
    public long Size => _train.shape[1];

    /// <summary>Training rows of each task.</summary>
    public IReadOnlyList<int> TrainRows => [.. _trainPlaces.Select(p => p.Count)];

    /// <summary>Training rows, all tasks together.</summary>
    public int AllTrainRows => (int)_train.shape[0];

    /// <summary>Weights that minimise the weighted losses of training rows plus ridge / 2 · |w|².</summary>
    /// <param name="rowWeights">Of each training row; 0 leaves it out.</param>
    /// <param name="ridge">How strongly weights are held back.</param>
    /// <param name="start">Where to begin, [d], or null for the probe's weights.</param>
    /// <returns>[d], in the caller's dispose scope.</returns>
    public Tensor Fit(IReadOnlyList<double> rowWeights, double ridge, Tensor? start = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var used = tensor((long[])[.. Enumerable.Range(0, rowWeights.Count).Where(i => rowWeights[i] > 0).Select(i => (long)i)]);
        var rows = _train.index_select(0, used);
        var odds = _trainOdds.index_select(0, used);
        var weights = tensor(rowWeights.Where(w => w > 0).ToArray(), ScalarType.Float64);
        var w = start?.clone() ?? zeros(_train.shape[1], dtype: ScalarType.Float64);
        var value = Objective(w, rows, odds, weights, ridge);
        for (var i = 0; i < MaxIterations; i++)
        {
            var p = odds.Plus(rows.mv(w)).neg().sigmoid(); // 1 - p of the answer
            var gradient = rows.t().mv(p.mul(weights)).neg().Plus(w.Times(ridge));
            var curvature = rows.t().matmul(rows.mul(p.mul(p.Times(-1).Plus(1)).mul(weights).unsqueeze(1))).Plus(eye(w.shape[0], dtype: ScalarType.Float64).Times(ridge));
            var step = linalg.solve(curvature, gradient);
            // Halved until the objective falls: far from the optimum a whole Newton step may overshoot.
            var size = 1.0;
            var next = value;
            Tensor candidate = w;
            for (; size > 1e-4; size /= 2)
            {
                candidate = w.sub(step.Times(size));
                next = Objective(candidate, rows, odds, weights, ridge);
                if (next <= value)
                    break;
            }

            if (size <= 1e-4)
                break;
            w = candidate;
            if (value - next < 1e-7 * Math.Max(1, Math.Abs(value)))
                break;
            value = next;
        }

        return w.MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of the objective's curvature at some weights, for <see cref="Refit"/>.</summary>
    /// <param name="w">Weights, [d].</param>
    /// <param name="rowWeights">Of each training row.</param>
    /// <param name="ridge">As in <see cref="Fit"/>.</param>
    /// <returns>[d, d], in the caller's dispose scope.</returns>
    public Tensor InverseCurvature(Tensor w, IReadOnlyList<double> rowWeights, double ridge)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var p = _trainOdds.Plus(_train.mv(w)).neg().sigmoid();
        var bent = p.mul(p.Times(-1).Plus(1)).mul(tensor(rowWeights.ToArray(), ScalarType.Float64)).unsqueeze(1).mul(_train);
        return linalg.inv(_train.t().matmul(bent).Plus(eye(w.shape[0], dtype: ScalarType.Float64).Times(ridge))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The optimum for row weights near those that an optimum is known for: steps of Newton's method with the curvature that is known. They cost
    /// 4 · rows · d operations each, where <see cref="Fit"/> needs rows · d².
    /// </summary>
    /// <param name="known">The known optimum, [d].</param>
    /// <param name="inverse">Its <see cref="InverseCurvature"/>.</param>
    /// <param name="rowWeights">The new weights.</param>
    /// <param name="ridge">As in <see cref="Fit"/>.</param>
    /// <returns>[d], in the caller's dispose scope.</returns>
    public Tensor Refit(Tensor known, Tensor inverse, IReadOnlyList<double> rowWeights, double ridge)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weights = tensor(rowWeights.ToArray(), ScalarType.Float64);
        var w = known;
        for (var step = 0; step < RefitSteps; step++)
        {
            var slope = _trainOdds.Plus(_train.mv(w)).neg().sigmoid().mul(weights);
            w = w.sub(inverse.mv(_train.t().mv(slope).neg().Plus(w.Times(ridge))));
        }

        return w.MoveToOuterDisposeScope();
    }

    /// <summary>Estimated loss of each validation row of a task with these weights.</summary>
    /// <param name="w">[d].</param>
    /// <param name="task">The task.</param>
    public double[] Losses(Tensor w, int task)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (start, count) = _validationPlaces[task];
        return Softplus(_validationOdds.narrow(0, start, count).Plus(_validation.narrow(0, start, count).mv(w)).neg()).data<double>().ToArray();
    }

    /// <summary>Row weights with these tasks only.</summary>
    /// <param name="tasks">Whether each takes part.</param>
    /// <param name="times">How often each training row was drawn, or null for once.</param>
    public double[] Weights(Func<int, bool> tasks, IReadOnlyList<int>? times = null)
    {
        var weights = new double[AllTrainRows];
        foreach (var (task, (start, count)) in _trainPlaces.Index())
        {
            if (!tasks(task))
                continue;
            for (var i = start; i < start + count; i++)
                weights[i] = times?[i] ?? 1;
        }

        return weights;
    }

    /// <summary>Draws training rows with replacement, within each task.</summary>
    public int[] Draw(Training.SeededRandom random)
    {
        var times = new int[AllTrainRows];
        foreach (var (start, count) in _trainPlaces)
        {
            for (var i = 0; i < count; i++)
                times[start + random.Next(count)]++;
        }

        return times;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in (Tensor[])[_train, _trainOdds, _validation, _validationOdds])
            owned.Dispose();
    }

    private static double Objective(Tensor w, Tensor rows, Tensor odds, Tensor weights, double ridge)
    {
        using var scope = NewDisposeScope();
        return Softplus(odds.Plus(rows.mv(w)).neg()).mul(weights).sum().ToDouble() + (ridge / 2 * w.Squared().sum().ToDouble());
    }

    // log(1 + e^x) without overflow.
    private static Tensor Softplus(Tensor x) => x.AtLeast(0).Plus(x.abs().neg().exp().log1p());

    private static (Tensor Gradients, Tensor Odds, (int Start, int Count)[] Places) Stack(IReadOnlyList<RowGradients> tasks, int size)
    {
        double[] losses = [.. tasks.SelectMany(t => t.Losses).Select(loss => Math.Max(loss, LeastLoss))];
        var gradients = tensor(tasks.SelectMany(t => t.Gradients).ToArray(), [losses.Length, size]).to(ScalarType.Float64);
        // dh / dloss = -1 / (1 - e^-loss), h = -loss - log(1 - e^-loss).
        var slopes = tensor(losses.Select(loss => 1 / double.ExpM1(-loss)).ToArray(), ScalarType.Float64);
        var odds = tensor(losses.Select(loss => -loss - Math.Log(-double.ExpM1(-loss))).ToArray(), ScalarType.Float64);
        var places = new (int, int)[tasks.Count];
        var at = 0;
        for (var i = 0; i < tasks.Count; i++)
        {
            places[i] = (at, tasks[i].Rows);
            at += tasks[i].Rows;
        }

        return (gradients.mul(slopes.unsqueeze(1)).DetachFromDisposeScope(), odds.DetachFromDisposeScope(), places);
    }
}
