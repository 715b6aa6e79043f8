namespace Platform.Engine.Training;

/// <summary>Where a training stands.</summary>
/// <param name="ExamplesDone">Examples seen.</param>
/// <param name="ExamplesTotal">Examples of the whole training.</param>
/// <param name="TokensDone">Tokens computed, padding not counted, rolled back ones included.</param>
/// <param name="Loss">Loss of the last update, nats per answer token.</param>
/// <param name="ExamplesPerSecond">Mean speed since the start or resumption.</param>
/// <param name="DeviceTime">Time spent computing since the training first began.</param>
/// <param name="TrainLosses">Mean training loss of each task since the last validation; only when a validation was just made.</param>
/// <param name="ValidationLosses">Validation loss of each task; only when just measured.</param>
/// <param name="Event">A plain sentence worth keeping, or null.</param>
public sealed record FineTuningProgress(
    long ExamplesDone,
    long ExamplesTotal,
    long TokensDone,
    double Loss,
    double ExamplesPerSecond,
    TimeSpan DeviceTime,
    IReadOnlyDictionary<string, double>? TrainLosses,
    IReadOnlyDictionary<string, double>? ValidationLosses,
    string? Event);

/// <summary>How a training ended.</summary>
/// <param name="Completed">False when it was cancelled; a checkpoint is stored.</param>
/// <param name="Examples">Examples seen.</param>
/// <param name="Tokens">Tokens computed, padding not counted, rolled back ones included.</param>
/// <param name="DeviceTime">Time spent computing, earlier parts of a resumed training included.</param>
/// <param name="ValidationLosses">Validation loss of each task at the weights that were kept.</param>
/// <param name="ExamplesByTask">Examples of each task that were really drawn.</param>
/// <param name="TokensByTask">Tokens of each task.</param>
/// <param name="RowsCut">Training rows of each task that were cut or left out for their length.</param>
/// <param name="EarlyStopped">Tasks that left the mixture early.</param>
public sealed record FineTuningResult(
    bool Completed,
    long Examples,
    long Tokens,
    TimeSpan DeviceTime,
    IReadOnlyDictionary<string, double> ValidationLosses,
    IReadOnlyDictionary<string, long> ExamplesByTask,
    IReadOnlyDictionary<string, long> TokensByTask,
    IReadOnlyDictionary<string, int> RowsCut,
    IReadOnlyList<string> EarlyStopped)
{
    /// <summary>Examples of updates that an early stop rolled back; not in <see cref="Examples"/>.</summary>
    public long DiscardedExamples { get; init; }

    /// <summary>Their tokens; in <see cref="Tokens"/>, because they were paid for.</summary>
    public long DiscardedTokens { get; init; }

    /// <summary>Updates that were left out because their loss or gradient was no number.</summary>
    public long SkippedUpdates { get; init; }

    /// <summary>Memory at the peak, expected and measured.</summary>
    public required TrainingMemory Memory { get; init; }
}

/// <summary>Loss, gradient or weights stopped being numbers.</summary>
/// <param name="message">What happened, and what to do.</param>
public sealed class TrainingDivergedException(string message) : Exception(message);
