using System.Net;
using Platform.Domain.Models;

namespace Platform.Portal.Tests.Usage;

public sealed class TaskUsageDownloadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Download_EachRole_GetsWhatItMaySee()
    {
        await using var host = await PortalHost.StartAsync();
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        await host.World.AddUserAsync("otto@example.com", "Otto", isAdmin: false);
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        var hotels = await host.World.AddTeamAsync("hotels", "Hotels", mia);
        var task = await host.World.AddReadyTaskAsync(hotels, "hotel-sentiment");
        var run = await host.World.PlanAsync(task);
        var deployment = await host.World.DeployAsync(await host.World.FinishAsync(run, await host.World.TrainAsync(run, task), GateVerdict.Pass, task));
        await host.World.AddRequestsAsync(deployment, await host.World.AddKeyAsync(hotels, task), task, 1);
        using var member = await host.SignInAsync("mia@example.com");
        using var stranger = await host.SignInAsync("otto@example.com");
        using var admin = await host.SignInAsync("ada@example.com");
        using var nobody = host.Open();

        var csv = await member.GetStringAsync("/tasks/hotel-sentiment/usage.csv", Cancellation);

        var lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("day,requests,errors,inputs,p50_ms,p95_ms,p99_ms,", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains(",1,0,1,14,14,14,48,12,0.2500,2,0.009000,", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Equal(18, line.Split(',').Length));
        Assert.Equal(csv, await admin.GetStringAsync("/tasks/hotel-sentiment/usage.csv", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync("/tasks/hotel-sentiment/usage.csv", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await member.GetAsync("/tasks/nothing/usage.csv", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/tasks/hotel-sentiment/usage.csv", Cancellation)).StatusCode);
    }
}
