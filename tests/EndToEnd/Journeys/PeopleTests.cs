using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>Teams, people, keys, money and the record of all of it.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class PeopleTests(SampleCompany company)
{
    [Fact]
    public async Task People_AreInvitedIntoTeams_AndTheAuditLogHasItAll()
    {
        await using var admin = await company.OpenAsync(SampleCompany.Admin);
        await admin.GoToAsync("/admin/users");
        await admin.Page.GetByLabel("Short name").FillAsync("spa");
        await admin.Page.GetByLabel("Full name").FillAsync("Spa and pool");
        await admin.PressAsync("Create the team");
        await Expect(admin.Page.GetByRole(AriaRole.Rowheader, new() { Name = "Spa and pool" })).ToBeVisibleAsync();
        await admin.Page.GetByLabel("Email to invite").FillAsync("eve@example.com");
        await admin.ChooseAsync("Joins the team", "Spa and pool");
        await admin.PressAsync("Make the invitation");
        var link = (await admin.Page.GetByLabel("Invitation of eve@example.com", new() { Exact = true }).InnerTextAsync()).Trim();
        await admin.InspectBothEndsAsync("invitation-made");

        await using (var guest = await company.OpenAsStrangerAsync())
        {
            await guest.Page.GotoAsync(link);
            await guest.Page.GetByLabel("Your name").FillAsync("Eve Guest");
            await guest.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(SampleCompany.Password);
            await guest.Page.GetByLabel("Password again").FillAsync(SampleCompany.Password);
            await guest.InspectBothEndsAsync("invitation-accept");
            await guest.PressAsync("Create my account");
            await guest.Page.WaitForURLAsync(company.Platform.Portal.ToString());
            await Expect(guest.Page.GetByRole(AriaRole.Link, new() { Name = "Register your first task" })).ToBeVisibleAsync();
            await guest.InspectBothEndsAsync("home-empty");
        }

        await admin.GoToAsync("/admin/audit");
        await admin.ChooseAsync("What", "Invitations");
        await admin.Page.WaitForURLAsync("**what=Invitation**");
        await Expect(admin.Page.GetByText("invitation.accepted").First).ToBeVisibleAsync();
        var row = admin.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Ada Admin" }).First;
        await row.GetByText("Show").ClickAsync();
        await Expect(row.GetByText("eve@example.com")).ToBeVisibleAsync();
        await admin.InspectBothEndsAsync("audit-filtered");
        var csv = await (await admin.Page.Context.APIRequest.GetAsync(new Uri(company.Platform.Portal, (await admin.Page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }).GetAttributeAsync("href"))!).ToString())).TextAsync();
        Assert.Contains("invitation.", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("task.registered", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_AreShownOnce_Rotated_AndRevoked()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync("/keys");
        await browser.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Issue (a|the first) key$") }).First.ClickAsync();
        await browser.Page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("front desk");
        await browser.Page.GetByLabel("Expires on").FillAsync(TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await browser.Page.GetByLabel("Requests a minute").FillAsync("60");
        await browser.Page.GetByLabel(SampleCompany.FirstTask, new() { Exact = true }).CheckAsync();
        await browser.InspectBothEndsAsync("key-form");
        await browser.PressAsync("Issue the key");
        var first = await SecretAsync(browser);
        await browser.InspectBothEndsAsync("key-issued");
        await browser.PressAsync("I have stored it");
        await Expect(browser.Page.GetByText(first)).ToHaveCountAsync(0);
        var row = browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "front desk" });
        await Expect(row).ToContainTextAsync("60 requests");

        await browser.PressAsync("Rotate front desk");
        await Expect(browser.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await browser.InspectAsync("key-rotate");
        await browser.PressAsync("Make a new secret");
        Assert.NotEqual(first, await SecretAsync(browser));
        await Expect(row).ToContainTextAsync("works until");
        await browser.PressAsync("Revoke front desk");
        await browser.GiveReasonAsync("The desk has a new program.", "Revoke");
        await Expect(row).ToContainTextAsync("Revoked");
    }

    [Fact]
    public async Task Money_RatesStartLater_BudgetsEnd_AndTheMonthIsCharged()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Admin);
        await browser.GoToAsync("/admin/rates");
        await browser.Page.GetByLabel("Price per device hour", new() { Exact = true }).FillAsync("3.5");
        await browser.Page.GetByLabel("Starts on").FillAsync(TimeProvider.System.GetUtcNow().AddDays(40).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await browser.PressAsync("Add the rate");
        await Expect(browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Planned" })).ToContainTextAsync("3.50 USD");
        await browser.ChooseAsync("Shared", "By the device time used on the day");
        await browser.PressAsync("Set the rule");
        await browser.InspectBothEndsAsync("rate-planned");

        await browser.GoToAsync("/budgets");
        await browser.ChooseAsync("For a", "Team");
        await browser.ChooseAsync("Which", SampleCompany.Team);
        await browser.ChooseAsync("Kind", "Soft");
        await browser.Page.GetByLabel("Amount").FillAsync("50");
        await browser.PressAsync("Set the budget");
        var row = browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "50.00 USD" });
        await Expect(row).ToContainTextAsync("Soft");
        await row.GetByRole(AriaRole.Button, new() { Name = "End the budget of" }).ClickAsync();
        await browser.GiveReasonAsync("It was a try.", "End the budget");
        await Expect(row).ToHaveCountAsync(0);

        await browser.GoToAsync("/costs");
        await Expect(browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = SampleCompany.FirstTask })).ToBeVisibleAsync();
        var csv = await browser.DownloadAsync(browser.Page.GetByRole(AriaRole.Link, new() { Name = "Download CSV" }));
        Assert.Contains(SampleCompany.FirstTask, csv, StringComparison.Ordinal);
        await browser.ChooseAsync("By", "Team");
        await browser.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "hotel", Exact = true }).ClickAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Columnheader, new() { Name = "Day" })).ToBeVisibleAsync();
        csv = await browser.DownloadAsync(browser.Page.GetByRole(AriaRole.Link, new() { Name = "Download CSV" }));
        Assert.StartsWith("team,day,requests,", csv, StringComparison.Ordinal);
        Assert.Contains("\nhotel,", csv, StringComparison.Ordinal);
    }

    private static async Task<string> SecretAsync(Browser browser)
    {
        var secret = browser.Page.GetByText(Secret()).First;
        await Expect(secret).ToBeVisibleAsync();
        return Secret().Match(await secret.InnerTextAsync()).Value;
    }

    [GeneratedRegex("sk-[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();
}
