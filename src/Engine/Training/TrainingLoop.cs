using System.Diagnostics;
using Platform.Engine.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>The updates, validations and checkpoints of one training.</summary>
internal sealed partial class TrainingLoop : IDisposable
{
    private readonly CausalLanguageModel _model;
    private readonly LoraAdapter? _adapter;
    private readonly bool _hasMasters;
    private readonly IReadOnlyList<TokenizedTask> _train;
    private readonly IReadOnlyList<TokenizedTask> _validation;
    private readonly BatchPlan _batches;
    private readonly TrainingOptions _options;
    private readonly TrainingCheckpoints _checkpoints;
    private readonly CheckpointKeeper _keeper;
    private readonly Action<FineTuningProgress> _progress;
    private readonly MicroBatch _microBatch;
    private readonly AnswerGradients _gradients;
    private readonly AdamW _optimizer;
    private readonly Stopwatch _clock = new();
    private TrainingState _state;
    private double[] _convergence = [];
    private long _examplesAtStart;

    public TrainingLoop(
        CausalLanguageModel model,
        LoraAdapter? adapter,
        IReadOnlyList<(string Name, Parameter Parameter)> trained,
        IReadOnlyDictionary<string, Tensor>? masters,
        IReadOnlyList<TokenizedTask> train,
        IReadOnlyList<TokenizedTask> validation,
        BatchPlan batches,
        TrainingOptions options,
        string checkpoint,
        string identity,
        Action<FineTuningProgress> progress)
    {
        (_model, _adapter, _hasMasters, _train, _validation, _batches) = (model, adapter, masters is not null, train, validation, batches);
        (_options, _progress) = (options, progress);
        _checkpoints = new TrainingCheckpoints(checkpoint, identity, options.KeepCheckpoints);
        _keeper = new CheckpointKeeper(_checkpoints, options.CheckpointInterval, sentence => Report(_state!.LastLoss, null, sentence));
        _optimizer = new AdamW(trained, options.WeightDecay, options.DecayEmbeddings, masters);
        _microBatch = new MicroBatch(options.MicroBatchTokens, sentence => Report(_state!.LastLoss, null, sentence));
        _gradients = new AnswerGradients(model, adapter, _microBatch, options.GradientCheckpointing, _optimizer.CollectGradients, _optimizer.ClearGradients);
        _state = new TrainingState { ExamplesByTask = new long[train.Count], TokensByTask = new long[train.Count], LossByTask = new double[train.Count], CountByTask = new long[train.Count] };
    }

    /// <summary>Measures the memory of the whole training.</summary>
    public required MemoryGauge Gauge { get; init; }

    public FineTuningResult Run(CancellationToken cancellationToken)
    {
        Resume();
        var memory = PredictMemory();
        var schedule = _options.LearningRates(_batches.Count);
        while (_state.Batch < _batches.Count && !cancellationToken.IsCancellationRequested)
        {
            _clock.Restart();
            var loss = Update(schedule.At(_state.Batch));
            _state.Batch++;
            var measured = IsValidationPoint(_state.Batch) ? Validate() : null;
            _state.DeviceMicroseconds += (long)_clock.Elapsed.TotalMicroseconds;
            Report(loss, measured, null);
            if (measured is not null)
                StopEarly(measured);
            if (_keeper.IsDue)
                _keeper.Save(_state.Batch, Tensors(), Snapshot(), _state.BestBatch, Points());
        }

        var completed = _state.Batch >= _batches.Count;
        // Also at the end: between this and the caller's own record of the result, a crash must not cost the training.
        _keeper.SaveLast(_state.Batch, Tensors(), Snapshot(), _state.BestBatch, Points());
        if (completed && _state.BestBatch is { } best && best < _state.Batch)
        {
            _keeper.LoadBest(best, Weights());
            _optimizer.ShowMasters();
        }

        memory = memory with { Measured = Gauge.Peak() };
        if (memory.Outcome() is { } sentence)
            Report(_state.LastLoss, null, sentence);
        return Result(completed, memory);
    }

    public void Dispose()
    {
        _keeper.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>One optimizer update on the next batch; its mean loss per answer token.</summary>
    private double Update(double learningRate)
    {
        var batch = Batch(_state.Batch);
        if (batch.Count == 0)
            return _state.LastLoss;
        var rows = Rows(batch);
        var weights = LossWeights.Of(_options.LossBalance, [.. batch.Select(entry => entry.Task)], [.. rows.Select(row => row.AnswerTokens)], ConvergenceWeight);
        var losses = _gradients.Add(rows, weights, _state.Batch);
        Count(batch, rows, losses);
        return Apply(rows.Zip(losses).Sum(r => r.First.AnswerTokens * r.Second) / rows.Sum(r => r.AnswerTokens), learningRate);
    }

    /// <summary>Changes the weights, unless loss or gradient is no number.</summary>
    private double Apply(double loss, double learningRate)
    {
        var norm = double.IsFinite(loss) ? ChangeWeights(learningRate) : double.NaN;
        if (!double.IsFinite(norm))
            _optimizer.ClearGradients();
        else
            _state.LastLoss = loss;
        if (_state.Guard.Look(norm, _state.Batch + 1) is { } sentence)
            Report(_state.LastLoss, null, sentence);
        else if (double.IsFinite(norm))
            _state.Guard.Watch(loss, _state.Batch + 1);
        return _state.LastLoss;
    }

    private double ChangeWeights(double learningRate)
    {
        try
        {
            return _optimizer.Step(learningRate, _options.ClipNorm);
        }
        catch (Exception exception) when (MemoryShortage.IsCauseOf(exception))
        {
            // Some weights may be changed and others not, so this state must not be stored; and smaller passes would not help.
            throw new TrainingMemoryException("There is not enough memory for the optimizer's update. Take a smaller model or train an adapter and plan a new run, or free memory and try again; the last checkpoint is unharmed.", exception);
        }
    }

    private void Count(IReadOnlyList<(int Task, int Row)> batch, List<TokenizedRow> rows, double[] losses)
    {
        foreach (var (i, (task, _)) in batch.Index())
        {
            _state.ExamplesByTask[task]++;
            _state.TokensByTask[task] += rows[i].Ids.Length;
            AddLoss(task, losses[i]);
        }
    }

    private void AddLoss(int task, double loss)
    {
        if (!double.IsFinite(loss))
            return; // one such row would hide all others of its task
        _state.LossByTask[task] += loss;
        _state.CountByTask[task]++;
    }

    private double ConvergenceWeight(int task)
    {
        var place = Enumerable.Range(0, _validation.Count).FirstOrDefault(i => _validation[i].Name == _train[task].Name, -1);
        return place >= 0 && _state.Validations.Count > 0 ? _convergence[place] : 1.0 / _train.Count;
    }

    private IReadOnlyList<(int Task, int Row)> Batch(int index) => _batches.Batch(index, _state.Stopped, _options.ReplayShare);

    private void Report(double loss, Dictionary<string, double>? validation, string? sentence)
    {
        Dictionary<string, double>? train = null;
        if (validation is not null)
        {
            train = _train.Select((t, i) => (t.Name, i)).Where(t => _state.CountByTask[t.i] > 0).ToDictionary(t => t.Name, t => _state.LossByTask[t.i] / _state.CountByTask[t.i]);
            Array.Clear(_state.LossByTask);
            Array.Clear(_state.CountByTask);
        }

        var seconds = _state.DeviceMicroseconds / 1e6 - _state.SecondsAtStart;
        var speed = seconds > 0 ? (_state.ExamplesByTask.Sum() + _state.DiscardedExamples - _examplesAtStart) / seconds : 0;
        _progress(new FineTuningProgress(
            _state.ExamplesByTask.Sum(), _batches.Examples, TokensDone, loss, speed, TimeSpan.FromMicroseconds(_state.DeviceMicroseconds), train, validation, sentence));
    }

    private TrainingMemory PredictMemory()
    {
        var optimizerBytes = _optimizer.State().Sum(t => t.Tensor.numel() * t.Tensor.element_size());
        var prediction = new MemoryPrediction(_model, _adapter, _hasMasters, _options.GradientCheckpointing, optimizerBytes);
        var scoringRows = _validation.Select(task => task.Rows.Sum(row => (long)row.Ids.Length)).DefaultIfEmpty(0).Max();
        var memory = prediction.Peak(
            Enumerable.Range(_state.Batch, _batches.Count - _state.Batch).Select(i => Rows(Batch(i))).Where(rows => rows.Count > 0),
            _microBatch.Tokens,
            Math.Min(scoringRows, AnswerLoss.ScoringPassTokens));
        Report(_state.LastLoss, null, memory.Expectation(MemoryGauge.Available(_model.Device), Gauge.Held));
        return memory;
    }

    private List<TokenizedRow> Rows(IReadOnlyList<(int Task, int Row)> batch) => [.. batch.Select(entry => _train[entry.Task].Rows[entry.Row])];

    private TrainingState Snapshot()
    {
        _state.OptimizerSteps = _optimizer.Steps;
        _state.MicroBatchTokens = _microBatch.Tokens;
        return _state;
    }

    private List<(string Name, Tensor Tensor)> Weights() => [.. _optimizer.Weights()];

    private List<(string Name, Tensor Tensor)> Tensors() => [.. Weights(), .. _optimizer.State()];

    private FineTuningResult Result(bool completed, TrainingMemory memory) => new(
        completed,
        _state.ExamplesByTask.Sum(),
        TokensDone,
        TimeSpan.FromMicroseconds(_state.DeviceMicroseconds),
        _state.BestLosses,
        _train.Select((t, i) => (t.Name, i)).ToDictionary(t => t.Name, t => _state.ExamplesByTask[t.i]),
        _train.Select((t, i) => (t.Name, i)).ToDictionary(t => t.Name, t => _state.TokensByTask[t.i]),
        _train.ToDictionary(t => t.Name, t => t.Cut),
        [.. _state.Stopped.Order().Select(i => _train[i].Name)])
    {
        SkippedUpdates = _state.Guard.Skipped,
        DiscardedExamples = _state.DiscardedExamples,
        DiscardedTokens = _state.DiscardedTokens,
        Memory = memory,
    };

    private int Index(string name)
    {
        for (var i = 0; i < _train.Count; i++)
        {
            if (_train[i].Name == name)
                return i;
        }

        throw new ArgumentException($"No task {name} in this training.", nameof(name));
    }
}
