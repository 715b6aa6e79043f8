using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Controls;

/// <summary>Keeps the frame of the portal when a page breaks, and knows under which trace the log has the fault.</summary>
public sealed partial class PageBoundary : ErrorBoundary
{
    [Inject]
    public required ILogger<PageBoundary> Logger { get; set; }

    public string? Trace { get; private set; }

    protected override Task OnErrorAsync(Exception exception)
    {
        Trace = FaultTrace.Id();
        LogBroke(Logger, exception, Trace);
        return Task.CompletedTask;
    }
}
