using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>Every page, in the light on a desk and in the dark on a phone: no barrier of level A or AA, no complaint of the browser, nothing that scrolls sideways, no time but the viewer's.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class PageTests(SampleCompany company)
{
    private const string First = SampleCompany.FirstTask;

    private static readonly (string Name, string Path)[] Strangers =
    [
        ("sign-in", "/signin"), ("invitation", "/invitation"), ("not-found", "/no/such/page"), ("denied", "/denied"), ("error", "/error"),
    ];

    private static readonly (string Name, string Path)[] Teams =
    [
        ("home", "/"), ("tasks", "/tasks"), ("tasks-none-match", "/tasks?find=nothing-has-this-name"), ("register-task", "/tasks/register"), ("task", $"/tasks/{First}"),
        ("task-edit", $"/tasks/{First}/edit"), ("task-labels", $"/tasks/{First}/labels"), ("task-playground", $"/tasks/{First}/playground"), ("task-code", $"/tasks/{First}/code"),
        ("task-samples", $"/tasks/{First}/samples"), ("task-usage-none", $"/tasks/{First}/usage?from=2001-01-01&to=2001-01-02"),
        ("upload", $"/tasks/{First}/upload"), ("dataset", $"/tasks/{First}/data/1"), ("dataset-none-match", $"/tasks/{First}/data/1?find=zebra"),
        ("costs", "/costs"), ("costs-by-team", "/costs?by=team"), ("cost-of-task", $"/costs?only={First}"), ("profile", "/profile"), ("two-step", "/profile/two-step"), ("password", "/password"), ("no-access", "/admin/users"),
        ("task-missing", "/tasks/nothing-has-this-name"), ("version-missing", "/models/999"),
    ];

    private static readonly (string Name, string Path)[] Admins =
    [
        ("runs", "/runs"), ("run", "/runs/1"), ("run-results", "/runs/1?tab=results"), ("run-curves", "/runs/1?tab=curves"), ("run-mixture", "/runs/1?tab=mixture"),
        ("run-compatibility", "/runs/1?tab=compatibility"), ("run-figures", "/runs/1?tab=figures"), ("run-log", "/runs/1?tab=log"), ("run-recipe", "/runs/1?tab=recipe"),
        ("runs-compare-none", "/runs/compare"), ("run-plan", "/runs/plan"), ("models", "/models"), ("model", "/models/1"), ("deployments", "/deployments"), ("deployment", "/deployments/1"),
        ("deployments-none-match", "/deployments?status=failed"), ("usage", "/usage"), ("usage-by-day", "/usage?group=day"), ("budgets", "/budgets"), ("keys", "/keys"), ("fleet", "/admin/fleet"), ("users", "/admin/users"), ("rates", "/admin/rates"),
        ("settings", "/admin/settings"), ("audit", "/admin/audit"), ("audit-none-match", "/admin/audit?who=nobody"), ("setup", "/welcome"),
    ];

    /// <summary>Pages that only show something in the midst of a journey, which looks at them there.</summary>
    private static readonly string[] SeenInJourneys = ["/models/{Number:int}/tasks/{TaskName}", "/tasks/{Name}/uploads/{Id:guid}", "/signin/code", "/not-found"];

    [Fact]
    public async Task Pages_OfStrangers_AreReadableByEverybody()
    {
        await using var browser = await company.OpenAsStrangerAsync();
        browser.IsExpected = complaint => complaint.Contains("404", StringComparison.Ordinal);
        await VisitAsync(browser, Strangers);
    }

    [Fact]
    public async Task Pages_OfTeams_AreReadableByEverybody()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await VisitAsync(browser, Teams);
    }

    [Fact]
    public async Task Pages_OfAdmins_AreReadableByEverybody()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Admin);
        await VisitAsync(browser, Admins);
    }

    [Fact]
    public void Pages_OfThePortal_AreAllVisited()
    {
        var visited = Strangers.Concat(Teams).Concat(Admins).Select(page => page.Path.Split('?')[0]).ToList();
        var routes = Directory.EnumerateFiles(Path.Combine(Clone.Root, "src", "Portal", "Components"), "*.razor", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Select(line => Route().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(routes);
        var unvisited = routes.Except(SeenInJourneys).Where(route => !visited.Exists(path => Regex.IsMatch(path, $"^{Parameter().Replace(route, "[^/]+")}$"))).ToList();
        Assert.Empty(unvisited);
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

    [GeneratedRegex("^@page \"([^\"]+)\"")]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d UTC")]
    private static partial Regex TimeOfAnotherZone();
}
