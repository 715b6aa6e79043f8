namespace Platform.Api.Upstreams;

/// <summary>An engine outside did not answer as it should; the message is a sentence that names it.</summary>
internal sealed class UpstreamException(string message, bool isPassing, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Worth another try: it is away, busy or starting.</summary>
    public bool IsPassing => isPassing;

    /// <summary>When to try again, as far as the engine said it.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
