using System.Net;
using Platform.Domain.Models;

namespace Platform.Portal.Tests.Usage;

public sealed class UsageDownloadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Download_Member_HasOnlyTheirTeamsUsage()
    {
        await using var host = await PortalHost.StartAsync();
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        var hotels = await host.World.AddTeamAsync("hotels", "Hotels", mia);
        var flights = await host.World.AddTeamAsync("flights", "Flights");
        var mine = await host.World.AddReadyTaskAsync(hotels, "hotel-sentiment");
        var other = await host.World.AddReadyTaskAsync(flights, "flight-intent");
        var run = await host.World.PlanAsync(mine, other);
        var version = await host.World.FinishAsync(run, await host.World.TrainAsync(run, mine, other), GateVerdict.Pass, mine, other);
        var deployment = await host.World.DeployAsync(version);
        await host.World.AddRequestsAsync(deployment, await host.World.AddKeyAsync(hotels, mine), mine, 2);
        await host.World.AddRequestsAsync(deployment, await host.World.AddKeyAsync(flights, other), other, 3);
        using var client = await host.SignInAsync("mia@example.com");

        // The requests may lie on both sides of midnight.
        var csv = await client.GetStringAsync("/usage.csv?from=2020-01-01&group=task", Cancellation);

        Assert.StartsWith("task,requests,", csv, StringComparison.Ordinal);
        Assert.Contains("\"hotel-sentiment\",2,0,2,97,24,4,0.018011,0.000010006,USD", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("flight-intent", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_SignedOut_IsUnauthorized()
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/usage.csv", Cancellation)).StatusCode);
    }
}
