namespace Platform.Api.Serving;

/// <summary>What serves now, or why nothing does. Written by the deployment watcher and the engine thread, read by every request.</summary>
internal sealed class ServingState
{
    private volatile Routing routing = Routing.None;
    private volatile string notReady = "The Api has just started and has not looked for a deployment yet.";

    public Routing Routing
    {
        get => routing;
        set => routing = value;
    }

    /// <summary>What is live.</summary>
    public ServedDeployment? Current => routing.Live;

    /// <summary>One sentence; only meaningful while <see cref="Current"/> is null.</summary>
    public string NotReady
    {
        get => notReady;
        set => notReady = value;
    }
}
