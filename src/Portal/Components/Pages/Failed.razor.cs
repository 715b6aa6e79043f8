using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Diagnostics;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Pages;

public sealed partial class Failed
{
    private readonly string trace = FaultTrace.Id();
    private IExceptionHandlerPathFeature? fault;

    [Inject]
    public required ILogger<Failed> Logger { get; set; }

    [CascadingParameter]
    public HttpContext? HttpContext { get; set; }

    /// <summary>The handler of exceptions writes the fault down, but not the trace that this page shows.</summary>
    protected override void OnInitialized()
    {
        fault = HttpContext?.Features.Get<IExceptionHandlerPathFeature>();
        if (fault is not null)
            LogFailed(Logger, fault.Error, fault.Path, trace);
    }

    [LoggerMessage(3006, LogLevel.Error, "A request for {Path} failed (trace {Trace}).")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path, string trace);
}
