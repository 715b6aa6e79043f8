namespace Platform.Jobs.Runs.Forecasts;

/// <summary>How one task's rows look and how long they take.</summary>
/// <param name="TrainTokens">Mean tokens of a training row, answer included, cut at the longest sequence.</param>
/// <param name="AnswerSeconds">To answer one row as the evaluation does.</param>
internal sealed record TaskSample(double TrainTokens, double AnswerSeconds);

/// <summary>A short training and evaluation that really happened: what forecasts are made from.</summary>
/// <param name="AdapterTokensPerSecond">Of training an adapter.</param>
/// <param name="ValidationTokensPerSecond">Of measuring a loss without training.</param>
/// <param name="PeakBytes">Memory at the training's peak; predicted from shapes where the system does not say.</param>
internal sealed record ThroughputSample(
    string Device, DateTimeOffset MeasuredAt, double TokensPerSecond, double AdapterTokensPerSecond, double ValidationTokensPerSecond,
    long PeakBytes, long AdapterPeakBytes, long Tokens, double Seconds, IReadOnlyDictionary<string, TaskSample> Tasks);
