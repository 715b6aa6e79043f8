using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <summary>What happened to an input that is answered outside this process.</summary>
/// <param name="Id">The input.</param>
internal sealed record RemoteStep(long Id)
{
    /// <summary>Its answer; null while it is not there.</summary>
    public Answer? Answer { get; init; }

    /// <summary>What came to its answer.</summary>
    public TextDelta? Delta { get; init; }

    /// <summary>Why there will be no answer.</summary>
    public Exception? Failure { get; init; }

    /// <summary>It begins anew, because the engine failed: what came so far comes again.</summary>
    public bool HasRestarted { get; init; }

    /// <summary>Tokens that were computed for it in all; said with its answer.</summary>
    public int ComputedTokens { get; init; }

    /// <summary>Its share of the engine's time, microseconds; said with its answer. What failed by the engine's fault has none.</summary>
    public long DeviceMicroseconds { get; init; }
}

/// <summary>
/// A model that an engine outside this process computes: inputs are sent as they come, and a step is waiting until something came back. It
/// measures the engine's time itself: at every moment the inputs that are there share it by their tokens.
/// </summary>
internal interface IRemoteModel : ISharedModel
{
    /// <summary>Most inputs that may be there at the same time.</summary>
    int MaxRunning { get; }

    /// <summary>Waits until something came back, or for <see cref="Interrupt"/>.</summary>
    IReadOnlyList<RemoteStep> Advance();

    /// <summary>Ends the waiting at once. May be called from any thread.</summary>
    void Interrupt();

    /// <summary>Gives an input up.</summary>
    /// <returns>Its share of the engine's time until now, microseconds.</returns>
    long Abandon(long id);
}
