namespace Platform.Api.Serving;

/// <summary>Timestamps of a request's stay in the engine; 0 for what did not happen. Complete when its outcome is there.</summary>
internal sealed class RequestTimes
{
    /// <summary>It began to wait.</summary>
    public long Queued { get; set; }

    /// <summary>Its first input went into the engine.</summary>
    public long Taken { get; set; }

    /// <summary>Its first answer, or the first part of one, was there.</summary>
    public long FirstAnswer { get; set; }

    /// <summary>Its last answer was there.</summary>
    public long Done { get; set; }
}
