namespace Platform.Api.Serving;

/// <summary>Whether somebody waits for the answer.</summary>
internal enum RequestPriority
{
    /// <summary>An application waits.</summary>
    Online,

    /// <summary>Nobody waits: it is computed when nothing online waits, and with a small share of the engine otherwise.</summary>
    Batch,
}
