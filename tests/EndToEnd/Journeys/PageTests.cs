using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>Pages in the light on a desk and in the dark on a phone: no barrier of level A or AA, no complaint of the browser, nothing that scrolls sideways, no time but the viewer's.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class PageTests(SampleCompany company)
{
    private static readonly (string Name, string Path)[] Strangers =
    [
        ("sign-in", "/signin"), ("invitation", "/invitation"), ("not-found", "/no/such/page"), ("denied", "/denied"), ("error", "/error"),
    ];

    [Fact]
    public async Task Pages_OfStrangers_AreReadableByEverybody()
    {
        await using var browser = await company.OpenAsStrangerAsync();
        browser.IsExpected = complaint => complaint.Contains("404", StringComparison.Ordinal);
        await VisitAsync(browser, Strangers);
    }

    private static async Task VisitAsync(Browser browser, IEnumerable<(string Name, string Path)> pages)
    {
        List<string> problems = [];
        foreach (var (name, path) in pages)
        {
            await browser.GoToAsync(path);
            await Expect(browser.Page.Locator("h1")).ToHaveCountAsync(1);
            problems.AddRange(await browser.FindProblemsAsync("page-" + name));
            if (TimeOfAnotherZone().Match(await browser.Page.Locator("body").InnerTextAsync()) is { Success: true } time)
                problems.Add($"{name}: {time.Value} is not in the viewer's zone");
        }

        Assert.True(problems.Count == 0, string.Join("\n", problems));
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d UTC")]
    private static partial Regex TimeOfAnotherZone();
}
