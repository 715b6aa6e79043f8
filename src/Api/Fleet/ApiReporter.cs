using System.Globalization;
using Platform.Api.Health;
using Platform.Api.Serving;
using Platform.Domain.Deployments;
using Platform.Domain.Fleet;
using Platform.Engine.Native;

namespace Platform.Api.Fleet;

/// <summary>How this replica is: what it serves, what waits for its engine, and what /readyz says is wrong.</summary>
internal sealed class ApiReporter(ServingState state, EngineThread engine, ServiceProblems problems) : IHostReporter
{
    private readonly Lazy<string> device = new(() => TorchRuntime.DefaultDevice().type.ToString().ToLowerInvariant());

    public HostReport Report()
    {
        var routing = state.Routing;
        return new HostReport(routing.Live is null ? null : device.Value, engine.WaitingInputs, Serves(routing), problems.Sentences);
    }

    private string Serves(Routing routing)
    {
        if (routing.Deployments.Count == 0)
            return state.NotReady;
        List<string> versions = [];
        if (routing.Live is { } live)
            versions.Add(Version(live, "live"));
        if (routing.Trial is { } trial)
            versions.Add(Version(trial, routing.Plan.Mode == RolloutMode.Canary ? "canary" : "shadow"));
        versions.AddRange(routing.Pins.GroupBy(pin => pin.Value).Select(group => Version(group.Key, $"rolled back: {string.Join(", ", group.Select(pin => pin.Key).Order(StringComparer.Ordinal))}")));
        return $"Serves {string.Join("; ", versions)}";
    }

    private static string Version(ServedDeployment deployment, string role) => string.Create(CultureInfo.InvariantCulture, $"model version {deployment.ModelVersion} ({role})");
}
