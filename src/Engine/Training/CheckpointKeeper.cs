using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Stores the checkpoints of a training while it runs. One that cannot be written, because the disk is full for instance, does not end the
/// training: it is said once, tried again when the next is due, and the ones before stay as they are.
/// </summary>
internal sealed class CheckpointKeeper : IDisposable
{
    private readonly TrainingCheckpoints _files;
    private readonly TimeSpan _interval;
    private readonly Action<string> _report;
    private readonly Stopwatch _sinceLast = Stopwatch.StartNew();

    private IReadOnlyList<(string Name, Tensor Tensor)> _unstoredBest = [];
    private long? _unstoredBestStep;
    private long? _storedStep;
    private bool _failing;

    /// <param name="files">Where they are.</param>
    /// <param name="interval">Time between two.</param>
    /// <param name="report">Receives a sentence when writing begins or ceases to fail.</param>
    public CheckpointKeeper(TrainingCheckpoints files, TimeSpan interval, Action<string> report) => (_files, _interval, _report) = (files, interval, report);

    /// <summary>Whether it is time for the next.</summary>
    public bool IsDue => _sinceLast.Elapsed >= _interval;

    /// <summary>Stores the best weights so far, or a copy in memory until there is room for them.</summary>
    public void SaveBest(long step, IReadOnlyList<(string Name, Tensor Tensor)> weights)
    {
        ForgetUnstoredBest();
        if (Try(() => _files.SaveBest(step, weights), $"The best weights (update {step:N0})"))
            return;
        using var noGrad = no_grad();
        (_unstoredBest, _unstoredBestStep) = ([.. weights.Select(w => (w.Name, w.Tensor.cpu().clone().DetachFromDisposeScope()))], step);
    }

    /// <summary>Stores a checkpoint if the disk takes it.</summary>
    /// <exception cref="TrainingDivergedException">Weights or optimizer state are not finite: the checkpoint before is the last good one.</exception>
    public void Save<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep, IReadOnlyCollection<long> points) =>
        Try(() => Store(step, tensors, state, bestStep, points), $"The checkpoint after update {step:N0}");

    /// <summary>Stores a point to roll back to if the disk takes it.</summary>
    /// <exception cref="TrainingDivergedException">Weights or optimizer state are not finite.</exception>
    public void SavePoint<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep) => Try(
        () =>
        {
            CheckFinite(step, tensors);
            StoreBest();
            _files.SavePoint(step, tensors, state, bestStep);
        },
        $"The point to roll back to after update {step:N0}");

    /// <summary>Copies a roll-back point back; see <see cref="TrainingCheckpoints.LoadPoint"/>.</summary>
    public TState? LoadPoint<TState>(
        long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyList<(string Name, Tensor Tensor)> weights, out string? problem)
        where TState : class
    {
        _storedStep = null; // the same step may come again with another history
        return _files.LoadPoint<TState>(step, tensors, weights, out problem);
    }

    /// <summary>Stores the last checkpoint of a training or of a part of it: here a failure is an error.</summary>
    /// <exception cref="IOException">It could not be written; those before are untouched.</exception>
    /// <exception cref="TrainingDivergedException">Weights or optimizer state are not finite.</exception>
    public void SaveLast<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep, IReadOnlyCollection<long> points)
    {
        if (_storedStep != step)
            Store(step, tensors, state, bestStep, points);
    }

    /// <summary>Copies the best weights back.</summary>
    public void LoadBest(long step, IReadOnlyList<(string Name, Tensor Tensor)> weights) => _files.LoadBest(step, weights);

    /// <inheritdoc/>
    public void Dispose() => ForgetUnstoredBest();

    private void Store<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep, IReadOnlyCollection<long> points)
    {
        CheckFinite(step, tensors);
        StoreBest();
        _files.Save(step, tensors, state, bestStep, points);
        _storedStep = step;
    }

    /// <summary>A checkpoint must not refer to weights that are not there.</summary>
    private void StoreBest()
    {
        if (_unstoredBestStep is { } best)
            _files.SaveBest(best, _unstoredBest);
        ForgetUnstoredBest();
    }

    private bool Try(Action write, string what)
    {
        try
        {
            write();
            if (_failing)
                _report("Checkpoints can be written again.");
            _failing = false;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_failing)
                _report(string.Create(CultureInfo.InvariantCulture, $"{what} could not be written: {exception.Message.TrimEnd('.')}. The training goes on and tries again every {_interval.TotalSeconds:0.#} seconds; the checkpoints before are unharmed. Free some space there before it ends."));
            _failing = true;
            return false;
        }
        finally
        {
            _sinceLast.Restart();
        }
    }

    /// <summary>An update with finite gradients can still overflow a weight, which only the next loss would show: such a state must not replace a good one.</summary>
    private static void CheckFinite(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        using var noGrad = no_grad();
        foreach (var (name, tensor) in tensors)
        {
            using var scope = NewDisposeScope();
            if (!isfinite(tensor.sum(type: ScalarType.Float64)).item<bool>())
                throw new TrainingDivergedException($"After update {step:N0} {name} holds values that are no numbers. Lower the learning rate; the last checkpoint is unharmed.");
        }
    }

    private void ForgetUnstoredBest()
    {
        foreach (var (_, tensor) in _unstoredBest)
            tensor.Dispose();
        (_unstoredBest, _unstoredBestStep) = ([], null);
    }
}
