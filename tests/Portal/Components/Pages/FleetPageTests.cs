using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Claims;
using Platform.Domain.Fleet;
using Platform.Domain.Runs;
using Platform.Portal.Components.Pages.Admin.Fleet;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class FleetPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_LivingHosts_ShowsWhatTheyDoAndWhatWaits()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var run = await context.World.PlanAsync(await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment"));
        await context.World.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs:train-1:42:abcdef", Cancellation);
        await BeatAsync(context, HostKind.Jobs, "jobs:train-1:42:abc", new HostReport("cpu", 3, "Works on the queues runs", []));
        await BeatAsync(context, HostKind.Api, "api:serve-1:42:abc", new HostReport("cpu", 17, "Serves model version 3 (live)", ["The disk is nearly full."]));

        var page = context.Render<FleetPage>();

        page.WaitForElement("[data-state=content]");
        var jobs = page.Find("section[aria-label='Jobs workers'] tbody tr").TextContent;
        Assert.Contains("Alive", jobs, StringComparison.Ordinal);
        Assert.Contains("computes on CPU", jobs, StringComparison.Ordinal);
        Assert.Equal("/runs/1", page.Find("section[aria-label='Jobs workers'] tbody a").GetAttribute("href"));
        var api = page.Find("section[aria-label='Api replicas'] tbody tr").TextContent;
        Assert.Contains("Serves model version 3 (live)", api, StringComparison.Ordinal);
        Assert.Contains("The disk is nearly full.", api, StringComparison.Ordinal);
        Assert.Contains("17", api, StringComparison.Ordinal);
        Assert.DoesNotContain("No Jobs worker lives", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_NoHost_WarnsAndSaysWhatWaits()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<FleetPage>();

        page.WaitForElement("[data-state=content]");
        Assert.Contains("No Jobs worker lives", page.Markup, StringComparison.Ordinal);
        Assert.Contains("No Api replica lives", page.Markup, StringComparison.Ordinal);
        Assert.Contains("has reported in the last seven days", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_GoneHost_IsShownWhenTheAddressAsksForIt()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await BeatAsync(context, HostKind.Jobs, "jobs:train-9:42:abc", HostReport.Nothing);
        await context.World.Get<HostProcesses>().EndAsync("jobs:train-9:42:abc", Cancellation);
        var page = context.Render<FleetPage>();
        page.WaitForElement("[data-state=content]");
        Assert.DoesNotContain("train-9", page.Markup, StringComparison.Ordinal);

        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/admin/fleet?gone=yes");
        page = context.Render<FleetPage>();

        page.WaitForAssertion(() => Assert.Contains("train-9", page.Markup, StringComparison.Ordinal));
        Assert.Contains("stopped", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Member_IsRefused()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var page = context.Render<FleetPage>();

        page.WaitForAssertion(() => Assert.Contains("Only an admin may see the fleet", page.Find("[data-state=error]").TextContent, StringComparison.Ordinal));
    }

    private static Task BeatAsync(PortalContext context, HostKind kind, string name, HostReport report) => context.World.Get<HostProcesses>().BeatAsync(
        new HostProcess
        {
            Name = name,
            Kind = kind,
            Machine = name.Split(':')[1],
            ProcessId = 42,
            Build = "1.0.0+abc",
            Hardware = "a processor, 2 cores",
            MemoryBytes = 8_000_000_000,
            StartedAt = DateTimeOffset.UtcNow,
        }, report, Cancellation);
}
