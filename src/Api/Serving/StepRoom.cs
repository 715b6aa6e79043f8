namespace Platform.Api.Serving;

/// <summary>What may come into the engine for its next step.</summary>
/// <param name="Places">Inputs.</param>
/// <param name="Tokens">Nothing more comes in once the next step is expected to have so many.</param>
/// <param name="SpareTokens">As far as this, also tasks may fill it up that had much more of the engine than those that are in it.</param>
/// <param name="ChunkTokens">Most tokens of one input that count into a step.</param>
/// <param name="CreditTokens">Tokens that a task may be behind the others after a pause, so that it is served first for a moment.</param>
/// <param name="Now">Timestamp; what can no longer be in time does not come in.</param>
/// <param name="TicksPerToken">How long a token takes, in the timestamp's unit.</param>
internal readonly record struct StepRoom(
    int Places, long Tokens = int.MaxValue, long SpareTokens = int.MaxValue, int ChunkTokens = int.MaxValue, long CreditTokens = 0,
    long Now = 0, long TicksPerToken = 0);
