using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>The platform's processes, and Hangfire's dashboard behind the admin's role.</summary>
[Collection(SampleCompany.Name)]
public sealed class FleetTests(SampleCompany company)
{
    [Fact]
    public async Task Fleet_ShowsEveryProcess_AndTheDashboardIsForAdmins()
    {
        await using var admin = await company.OpenAsync(SampleCompany.Admin);
        await admin.GoToAsync("/admin/fleet");
        foreach (var kind in new[] { "Jobs workers", "Api replicas", "Portals" })
            await Expect(admin.Page.GetByRole(AriaRole.Region, new() { Name = kind }).GetByText("Alive", new() { Exact = true }).First).ToBeVisibleAsync();
        var link = admin.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Hangfire dashboard" });
        var address = await link.GetAttributeAsync("href");
        var dashboard = await admin.Page.Context.RunAndWaitForPageAsync(() => link.ClickAsync());
        await Expect(dashboard.GetByRole(AriaRole.Heading, new() { Name = "Realtime Graph" })).ToBeVisibleAsync();

        await using var member = await company.OpenAsync(SampleCompany.Member);
        var refused = await member.Page.GotoAsync(address!);
        Assert.Equal(403, refused!.Status);
        Assert.Contains("for admins", await refused.TextAsync(), StringComparison.Ordinal);
    }
}
