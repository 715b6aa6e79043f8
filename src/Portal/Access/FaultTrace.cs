using System.Diagnostics;

namespace Platform.Portal.Access;

/// <summary>What ties a fault that somebody sees on a page to its lines in the log.</summary>
public static class FaultTrace
{
    /// <returns>The trace of what is being done; where nothing traces it, as between the events of a circuit, a new one.</returns>
    public static string Id() => (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();
}
