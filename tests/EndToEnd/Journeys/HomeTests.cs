using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>A member's start: my tasks with state, quality and cost against budget, and what waits for me; back and deep links on the way.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class HomeTests(SampleCompany company)
{
    [Fact]
    public async Task Home_OfAMember_ShowsStateQualityCostAndBudgetOfTheirTasks()
    {
        await using (var admin = await company.OpenAsync(SampleCompany.Admin))
        {
            await admin.GoToAsync("/budgets");
            await admin.ChooseAsync("Which", SampleCompany.SecondTask);
            await admin.Page.GetByLabel("Amount").FillAsync("5");
            await admin.PressAsync("Set the budget");
            await Expect(admin.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = SampleCompany.SecondTask })).ToContainTextAsync("5.00 USD");
            await admin.InspectBothEndsAsync("budget-set");
        }

        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync("/");
        var row = browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = SampleCompany.SecondTask });
        Assert.Matches(Line(), string.Join(' ', (await row.InnerTextAsync()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "Waits for you" })).ToBeVisibleAsync();
        await browser.InspectBothEndsAsync("home-member");
    }

    [Fact]
    public async Task Addresses_AreShared_AndTheBackButtonKeepsTheFilter()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync("/tasks");
        await browser.Page.GetByLabel("Find by name").FillAsync("visit");
        await browser.Page.WaitForURLAsync("**/tasks?find=visit");
        await browser.Page.GetByRole(AriaRole.Link, new() { Name = SampleCompany.SecondTask }).ClickAsync();
        await browser.Page.WaitForURLAsync($"**/tasks/{SampleCompany.SecondTask}");
        await Expect(browser.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(SampleCompany.SecondTask);

        await browser.Page.GoBackAsync();
        await Expect(browser.Page.GetByLabel("Find by name")).ToHaveValueAsync("visit");
        await Expect(browser.Page.GetByRole(AriaRole.Link, new() { Name = SampleCompany.FirstTask })).ToHaveCountAsync(0);
        var address = browser.Page.Url;

        // Whoever gets the link signs in first and then stands where the link leads.
        await using var stranger = await company.OpenAsStrangerAsync();
        await stranger.Page.GotoAsync(address);
        await stranger.Page.GetByLabel("Email").FillAsync(SampleCompany.Member);
        await stranger.Page.GetByLabel("Password").FillAsync(SampleCompany.Password);
        await stranger.PressAsync("Sign in");
        await stranger.Page.WaitForURLAsync("**/tasks?find=visit");
        await Expect(stranger.Page.GetByText("1 task", new() { Exact = true })).ToBeVisibleAsync();
    }

    /// <summary>State, quality with its metric, single-task, difference with its interval, cost, what is spent of the budget.</summary>
    [GeneratedRegex(@"visit-mood Hotel (Live|Degraded|In training) .+ \d\.\d{3} accuracy \d\.\d{3} [+−]?\d\.\d{3} to [+−]?\d\.\d{3} 0\.0*[1-9]\d* USD 0\.\d+ USD of 5\.00 USD, its own")]
    private static partial Regex Line();
}
