namespace Platform.Api.Serving;

/// <summary>What serves now, or why nothing does. Written by the deployment watcher and the engine thread, read by every request.</summary>
internal sealed class ServingState
{
    private volatile ServedDeployment? current;
    private volatile string notReady = "The Api has just started and has not looked for a deployment yet.";

    public ServedDeployment? Current
    {
        get => current;
        set => current = value;
    }

    /// <summary>One sentence; only meaningful while <see cref="Current"/> is null.</summary>
    public string NotReady
    {
        get => notReady;
        set => notReady = value;
    }
}
