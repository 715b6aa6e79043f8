using Platform.Domain.Fleet;

namespace Platform.Portal.Fleet;

/// <summary>The portal computes nothing, and nothing waits for it.</summary>
internal sealed class PortalReporter : IHostReporter
{
    public HostReport Report() => HostReport.Nothing;
}
