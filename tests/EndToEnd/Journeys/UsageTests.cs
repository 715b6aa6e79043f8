using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>What a task was asked and what it cost, on the page and as CSV.</summary>
[Collection(SampleCompany.Name)]
public sealed class UsageTests(SampleCompany company)
{
    [Fact]
    public async Task Usage_OfATask_IsOnThePageAndInTheFile()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync("/usage");
        await browser.Page.GetByRole(AriaRole.Link, new() { Name = SampleCompany.FirstTask }).ClickAsync();
        await browser.Page.WaitForURLAsync($"**/tasks/{SampleCompany.FirstTask}/usage**");
        var facts = browser.Page.GetByRole(AriaRole.Region, new() { Name = "In this period" });
        foreach (var fact in new[] { "Requests", "95 % answered within (p95)", "Of them cached", "Cost, all of it" })
            await Expect(facts.GetByText(fact, new() { Exact = true })).ToBeVisibleAsync();
        await Expect(browser.Page.Locator("svg.day-chart rect").First).ToBeVisibleAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "Saving against a server of its own" })).ToContainTextAsync("%");

        var lines = (await browser.DownloadAsync(browser.Page.GetByRole(AriaRole.Link, new() { Name = "Download CSV" }))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 1, string.Join('\n', lines));
        Assert.Contains("requests", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0].Split(',').Length, lines[1].Split(',').Length);

        await browser.Page.GetByRole(AriaRole.Link, new() { Name = "Last month" }).ClickAsync();
        await Expect(browser.Page.GetByText("No request and no cost in this period")).ToBeVisibleAsync();
        await browser.Page.GoBackAsync();
        await Expect(facts).ToBeVisibleAsync();
    }
}
