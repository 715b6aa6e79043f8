namespace Platform.Engine.Training;

/// <content>Validations, what they lead to, and where a training that broke off goes on.</content>
internal sealed partial class TrainingLoop
{
    private bool IsValidationPoint(int batch)
    {
        if (_options.Validations <= 0 || _validation.Count == 0)
            return false;
        return batch == _batches.Count || (long)batch * _options.Validations / _batches.Count > (long)(batch - 1) * _options.Validations / _batches.Count;
    }

    private Dictionary<string, double> Validate()
    {
        var losses = _validation.ToDictionary(t => t.Name, t => Losses(t.Rows).Average());
        // The geometric mean over tasks: a task with small losses counts as much as one with large ones.
        var score = losses.Values.Average(loss => Math.Log(Math.Max(loss, 1e-6)));
        if (double.IsFinite(score) && (_state.BestScore is not { } best || score < best))
        {
            (_state.BestScore, _state.BestBatch, _state.BestLosses) = (score, _state.Batch, losses);
            _keeper.SaveBest(_state.Batch, Weights());
        }

        _state.Validations.Add([.. _validation.Select(task => losses[task.Name])]);
        _convergence = ConvergenceBalance.Weights(_state.Validations);
        return losses;
    }

    private double[] Losses(IReadOnlyList<TokenizedRow> rows) =>
        _microBatch.Run(rows, tokens => AnswerLoss.RowLosses(_model, rows, Math.Min(tokens, AnswerLoss.ScoringPassTokens)), () => { });

    private void StopEarly(Dictionary<string, double> losses)
    {
        EarlyStopping.Note(_state.Progress, losses, _state.Batch);
        if (_options is { RollBack: true, EarlyStopPatience: > 0 } && Points().Contains(_state.Batch))
            _keeper.SavePoint(_state.Batch, Tensors(), Snapshot(), _state.BestBatch);
        foreach (var name in EarlyStopping.Overdue(_state.Progress, _state.Stopped.Select(task => _train[task].Name).ToHashSet(), _options.EarlyStopPatience))
        {
            var waited = $"its validation loss has not improved in {_options.EarlyStopPatience} measurements";
            if (_state.Stopped.Count + 1 == _train.Count)
            {
                Report(_state.LastLoss, null, $"The training ends early: no task is left that it improves; of {name}, {waited}.");
                _state.Stopped.Add(Index(name));
                _state.Batch = _batches.Count;
                return;
            }

            if (_options.RollBack && RollBack(name, waited))
                return; // the others' waiting is that of the point now
            _state.Stopped.Add(Index(name));
            Report(_state.LastLoss, null, $"{name} leaves the mixture but for a replay share: {waited}.");
        }
    }

    /// <summary>Goes back to where a task was at its best, and on without it.</summary>
    private bool RollBack(string name, string waited)
    {
        var batch = _state.Progress[name].BestBatch;
        if (_keeper.LoadPoint<TrainingState>(batch, Tensors(), Weights(), out var problem) is not { } point)
        {
            Report(_state.LastLoss, null, $"{name} cannot be rolled back to update {batch:N0}: {problem}.");
            return false;
        }

        var (examples, tokens) = (_state.ExamplesByTask.Sum() - point.ExamplesByTask.Sum(), _state.TokensByTask.Sum() - point.TokensByTask.Sum());
        (point.DiscardedExamples, point.DiscardedTokens) = (_state.DiscardedExamples + examples, _state.DiscardedTokens + tokens);
        (point.DeviceMicroseconds, point.SecondsAtStart) = (_state.DeviceMicroseconds, _state.SecondsAtStart);
        point.Stopped = [.. _state.Stopped, Index(name)];
        Take(point, _microBatch.Tokens);
        Report(_state.LastLoss, null, $"{name} leaves the mixture but for a replay share: {waited}. The others go on from update {batch:N0}, where it was at its best; {examples:N0} examples were rolled back.");
        _keeper.Save(_state.Batch, Tensors(), Snapshot(), _state.BestBatch, Points());
        return true;
    }

    /// <summary>Where the tasks that are still trained were at their best: what an early stop may go back to.</summary>
    private HashSet<long> Points() => _options.RollBack
        ? [.. _state.Progress.Where(task => !_state.Stopped.Contains(Index(task.Key))).Select(task => (long)task.Value.BestBatch)]
        : [];

    private void Resume()
    {
        var refused = new List<string>();
        var stored = _checkpoints.Restore<TrainingState>(Tensors(), Weights(), refused.Add);
        if (stored is not null)
        {
            stored.SecondsAtStart = stored.DeviceMicroseconds / 1e6;
            _examplesAtStart = stored.ExamplesByTask.Sum() + stored.DiscardedExamples;
            Take(stored, Math.Min(_options.MicroBatchTokens, stored.MicroBatchTokens));
        }

        // Said only now, because every report also says how far the training is.
        foreach (var sentence in refused)
            Report(_state.LastLoss, null, sentence);
        if (stored is not null)
            Report(_state.LastLoss, null, $"Resumed after {_state.ExamplesByTask.Sum():N0} of {_batches.Examples:N0} examples.");
    }

    /// <summary>Makes a stored state, whose tensors are in place already, the present one.</summary>
    private void Take(TrainingState stored, int microBatchTokens)
    {
        _state = stored;
        _optimizer.Steps = stored.OptimizerSteps;
        _optimizer.ShowMasters();
        _microBatch.Tokens = microBatchTokens;
        _convergence = ConvergenceBalance.Weights(stored.Validations);
    }

    private long TokensDone => _state.TokensByTask.Sum() + _state.DiscardedTokens;
}
