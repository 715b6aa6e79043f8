using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>An admin's way from a plan to a model version, and from that to traffic and back.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class RunTests(SampleCompany company)
{
    // Some ten minutes of training, so that there is time to interrupt it.
    private const string LongRecipe = """
        {"version": 2, "name": "long", "examplesBudget": 40000, "minTrainRows": 10, "maxTokens": 96, "filter": {"strategy": "none"}, "stage2": {"share": 0},
         "stage3": {"mixing": {"maxEpochs": 1000}}, "training": {"batchExamples": 16}, "validation": {"rowsMax": 8}, "baselines": {"epochs": 1}}
        """;

    [Fact]
    public async Task Run_Estimated_ThenPausedResumedAndCancelled_SaysWhereItStands()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Admin);
        await OpenPlanAsync(browser, LongRecipe.Replace("\"examplesBudget\": 40000", "\"examplesBudget\": 0", StringComparison.Ordinal));
        await Expect(browser.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("examplesBudget");
        await browser.InspectAsync("plan-with-a-mistake");
        await WriteRecipeAsync(browser, LongRecipe);
        await browser.PressAsync("Estimate time and cost");
        var estimate = browser.Page.GetByRole(AriaRole.Region, new() { Name = "What the run would take" });
        await Expect(estimate.GetByRole(AriaRole.Rowheader, new() { Name = "Stage 3: all kept tasks" })).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await browser.InspectBothEndsAsync("plan-with-estimate");
        var number = await StartAsync(browser);

        var stage = browser.Page.GetByRole(AriaRole.Group, new() { Name = "Stage 3: all kept tasks" });
        await Expect(stage).ToContainTextAsync(Progress(), new() { Timeout = 120_000 });
        await browser.InspectBothEndsAsync("run-in-training");
        await browser.PressAsync("Pause");
        await Expect(browser.Page.GetByText("The run is paused.")).ToBeVisibleAsync();
        await Expect(stage.GetByText("Paused", new() { Exact = true })).ToBeVisibleAsync();
        await browser.InspectAsync("run-paused");
        await browser.PressAsync("Resume");
        await Expect(browser.Page.GetByText("The run is paused.")).ToHaveCountAsync(0);
        await Expect(browser.Page.GetByText("Running", new() { Exact = true }).First).ToBeVisibleAsync();
        await browser.Page.GetByRole(AriaRole.Tab, new() { Name = "Log" }).ClickAsync();
        await Expect(browser.Page.GetByText("Resumed by ").First).ToBeVisibleAsync();
        await browser.PressAsync("Cancel the run");
        await browser.GiveReasonAsync("The estimate was enough.", "Cancel the run");
        await Expect(browser.Page.GetByText("Cancelled", new() { Exact = true }).First).ToBeVisibleAsync();
        await browser.InspectAsync("run-cancelled");

        // Beside the run that trained the company's first version.
        await browser.GoToAsync("/runs");
        await browser.Page.GetByLabel($"Compare run {number}").CheckAsync();
        await browser.Page.GetByLabel("Compare run 1", new() { Exact = true }).CheckAsync();
        await browser.Page.GetByRole(AriaRole.Link, new() { Name = "Compare 2 runs" }).ClickAsync();
        await browser.Page.WaitForURLAsync("**/runs/compare?**");
        await Expect(browser.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("examplesBudget");
        await browser.SettleAsync();
        await browser.InspectBothEndsAsync("runs-compared");
    }

    [Fact]
    public async Task Version_RequestedByOneAdmin_TriedByAnother_IsPromotedAndRolledBack()
    {
        await using var requester = await company.OpenAsync(SampleCompany.Admin);
        await OpenPlanAsync(requester, TinyWorkspace.Recipe);
        await StartAsync(requester);
        var version = requester.Page.GetByRole(AriaRole.Link, new() { NameRegex = VersionLink() });
        await Expect(version).ToBeVisibleAsync(new() { Timeout = 240_000 });
        await version.ClickAsync();
        await requester.PressAsync("Request deployment");
        await requester.Page.WaitForURLAsync("**/deployments/*");
        await Expect(requester.Page.GetByText("You requested this deployment")).ToBeVisibleAsync();
        await Expect(requester.Page.GetByRole(AriaRole.Button, new() { Name = "Approve", Exact = true })).ToHaveCountAsync(0);
        await requester.InspectBothEndsAsync("deployment-requested");

        await using var admin = await company.OpenAsync(SampleCompany.OtherAdmin);
        var key = await IssueKeyAsync(admin);
        await admin.GoToAsync(new Uri(requester.Page.Url).AbsolutePath);
        await admin.PressAsync("Approve");
        var dialog = admin.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByText("Canary: it answers a share of the requests").ClickAsync();
        await dialog.GetByLabel("Share of every task's requests").FillAsync("50");
        // Only there when the gate found a loss, or a team has not signed off.
        var consent = dialog.GetByRole(AriaRole.Checkbox);
        if (await consent.CountAsync() > 0)
            await consent.CheckAsync();
        await admin.InspectAsync("deployment-approve");
        await admin.GiveReasonAsync("Half of the requests, to see.", "Approve");
        await Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = "Promote" })).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await CallAsync(key, requests: 24);
        var traffic = admin.Page.GetByRole(AriaRole.Table, new() { Name = "Requests since the trial began" });
        await Expect(traffic.GetByText("this one")).ToBeVisibleAsync();
        await Expect(traffic.GetByText("what is live")).ToBeVisibleAsync();
        await admin.InspectBothEndsAsync("deployment-canary");

        await admin.PressAsync("Change share");
        await dialog.GetByText("Shadow: it gets copies, callers get what is live").ClickAsync();
        await dialog.GetByLabel("Share of every task's requests").FillAsync("100");
        await admin.GiveReasonAsync("Compare every answer.", "Change");
        await Expect(admin.Page.GetByRole(AriaRole.Region, new() { Name = "Shadow" })).ToBeVisibleAsync();
        // The Api follows within seconds: calls go on until copies were made.
        await CallUntilAsync(key, async () => await admin.Page.GetByRole(AriaRole.Table, new() { Name = "Answers of the shadow and of what is live" }).CountAsync() > 0);
        await admin.InspectBothEndsAsync("deployment-shadow");

        await admin.PressAsync("Promote");
        await admin.GiveReasonAsync("It answers as well.", "Promote");
        await Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = "Roll back", Exact = true })).ToBeVisibleAsync();
        await admin.InspectAsync("deployment-promoted");
        await admin.PressAsync("Roll back");
        await admin.GiveReasonAsync("A guest complained.", "Roll back");
        await Expect(admin.Page.Locator(".status-chip").First).ToHaveTextAsync("Retired", new() { Timeout = 120_000 });
        await admin.GoToAsync("/deployments");
        await Expect(admin.Page.GetByRole(AriaRole.Region, new() { Name = "Live now" })).ToContainTextAsync("Deployment 1");
        await admin.InspectBothEndsAsync("deployments-after-roll-back");
        await CallAsync(key, requests: 1);
    }

    private static async Task OpenPlanAsync(Browser browser, string recipe)
    {
        await browser.GoToAsync("/runs");
        await browser.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Plan a run" }).ClickAsync();
        await browser.Page.WaitForURLAsync("**/runs/plan");
        await browser.PressAsync("Choose none");
        await Expect(browser.Page.GetByText("0 chosen, 0 training rows")).ToBeVisibleAsync();
        foreach (var task in new[] { SampleCompany.FirstTask, SampleCompany.SecondTask })
            await browser.Page.GetByLabel(task, new() { Exact = true }).CheckAsync();
        await browser.Page.GetByRole(AriaRole.Tab, new() { Name = "Document" }).ClickAsync();
        await WriteRecipeAsync(browser, recipe);
    }

    private static Task WriteRecipeAsync(Browser browser, string recipe) => browser.Page.GetByLabel("Recipe as YAML or JSON").FillAsync(recipe);

    private static async Task<int> StartAsync(Browser browser)
    {
        await Expect(browser.Page.GetByText("The document is sound.")).ToBeVisibleAsync();
        await browser.PressAsync("Start the run");
        await browser.Page.WaitForURLAsync(RunAddress());
        return int.Parse(RunAddress().Match(browser.Page.Url).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string> IssueKeyAsync(Browser browser)
    {
        await browser.GoToAsync("/keys");
        await browser.PressAsync("Issue a key");
        await browser.Page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("trial");
        await browser.Page.GetByLabel(SampleCompany.FirstTask).CheckAsync();
        await browser.PressAsync("Issue the key");
        var secret = browser.Page.GetByText(Secret()).First;
        await Expect(secret).ToBeVisibleAsync();
        return Secret().Match(await secret.InnerTextAsync()).Value;
    }

    private async Task CallUntilAsync(string key, Func<Task<bool>> isSeen)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await isSeen())
        {
            await CallAsync(key, requests: 4);
            await Task.Delay(500, patience.Token);
        }
    }

    private async Task CallAsync(string key, int requests)
    {
        using var http = new HttpClient { BaseAddress = company.Platform.Api };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (var request = 0; request < requests; request++)
        {
            using var response = await http.PostAsJsonAsync(
                $"/v1/tasks/{SampleCompany.FirstTask}/predict", new { inputs = new[] { new { text = $"stay {request}: the pool was spotless" } } }, TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [GeneratedRegex(@"/runs/(\d+)$")]
    private static partial Regex RunAddress();

    [GeneratedRegex(@"^Model version \d+$")]
    private static partial Regex VersionLink();

    [GeneratedRegex("[1-9][0-9,]* of 40,000 rows")]
    private static partial Regex Progress();

    [GeneratedRegex("sk-[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();
}
