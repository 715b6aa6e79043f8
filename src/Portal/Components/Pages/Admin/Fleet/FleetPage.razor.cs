using Microsoft.AspNetCore.Components;
using Platform.Domain.Fleet;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Portal.Components.Pages.Admin.Fleet;

public sealed partial class FleetPage
{
    [Inject]
    public required HostProcesses Hosts { get; set; }

    [Inject]
    public required WorkInLine Work { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? Gone { get; set; }

    private bool ShowsGone => !string.IsNullOrEmpty(Gone);

    private async Task<Result<FleetView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var hosts = await Hosts.ListAsync(actor, cancellationToken);
        if (hosts.IsFailure)
            return Result.Failure<FleetView>(hosts.Errors);
        var work = await Work.ListAsync(actor, cancellationToken);
        return work.IsFailure ? Result.Failure<FleetView>(work.Errors) : new FleetView(hosts.Value, work.Value);
    }

    public sealed record FleetView(IReadOnlyList<HostLine> Hosts, WorkOverview Work)
    {
        public int Gone => Hosts.Count(line => line.State == HostState.Gone);

        /// <summary>What admins have to see to.</summary>
        public IEnumerable<string> Warnings
        {
            get
            {
                if (!Lives(HostKind.Jobs))
                    yield return "No Jobs worker lives: runs, data checks and deployments wait. Start one.";
                if (!Lives(HostKind.Api))
                    yield return "No Api replica lives: applications get no answer. Start one.";
                foreach (var line in Hosts.Where(line => line.State == HostState.Silent))
                    yield return $"{line.Process.Kind} on {line.Process.Machine} (process {line.Process.ProcessId}) has missed its heartbeats: it may hang, or does not reach the database. Look at its log.";
            }
        }

        public IReadOnlyList<HostLine> Of(HostKind kind, bool withGone) => [.. Hosts.Where(line => line.Process.Kind == kind && (withGone || line.State != HostState.Gone))];

        private bool Lives(HostKind kind) => Hosts.Any(line => line.Process.Kind == kind && line.State != HostState.Gone);
    }
}
