using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests;

/// <summary>The whole way of a new task through the real pages: from the first sign-in to the cost of its first request.</summary>
[Collection("Platforms run one at a time: each of them trains")]
public sealed partial class PortalJourneyTests
{
    private const string TaskName = "stay-mood";
    private const string AdminPassword = "a long first password";
    private const string DeciderAddress = "decider@example.com";
    private const string DeciderPassword = "another long password";

    [Fact]
    public async Task Journey_FromSignInToTheCostOfTheFirstRequest()
    {
        var work = Directory.CreateTempSubdirectory("platform-journey-");
        TinyWorkspace.WriteBundle(Path.Combine(work.FullName, TaskName), TaskName, trainRows: 60);
        await using var platform = RunningPlatform.Start(Path.Combine(work.FullName, "data"), "--empty");
        await platform.WaitUntilUpAsync();
        await AddDeciderAsync(platform.Data);

        await using var browser = await Browser.OpenAsync(platform.Portal);
        await SignInFirstTimeAsync(browser, OneTimePassword().Match(platform.Output).Groups[1].Value);
        await CreateTeamAsync(browser);
        await RegisterTaskAsync(browser);
        await UploadAsync(browser, Path.Combine(work.FullName, TaskName));
        await TrainAsync(browser);
        await RequestDeploymentAsync(browser);
        var key = await IssueKeyAsync(browser);

        await SignInAsync(browser, DeciderAddress, DeciderPassword);
        await ApproveAsync(browser);
        await CallAsync(platform.Api, key);
        await SeeCostAsync(browser);

        Assert.Equal(0, await platform.StopAsync());
        work.Delete(recursive: true);
    }

    private static async Task AddDeciderAsync(string data)
    {
        var (code, output) = await Clone.RunAsync(DeciderPassword, "users", "add", DeciderAddress, "--admin", "--password-stdin", "--data", data);
        Assert.True(code == 0, output);
    }

    private static async Task SignInAsync(Browser browser, string email, string password)
    {
        await browser.Page.Context.ClearCookiesAsync();
        await browser.GoToAsync("/signin");
        await browser.Page.GetByLabel("Email").FillAsync(email);
        await browser.Page.GetByLabel("Password").FillAsync(password);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await browser.Page.WaitForURLAsync(url => !url.Contains("/signin", StringComparison.Ordinal));
    }

    private static async Task SignInFirstTimeAsync(Browser browser, string oneTimePassword)
    {
        await browser.GoToAsync("/signin");
        await browser.InspectAsync("sign-in");
        await SignInAsync(browser, "admin@example.com", oneTimePassword);
        await browser.Page.WaitForURLAsync("**/password**");
        await browser.Page.GetByLabel("Current password").FillAsync(oneTimePassword);
        await browser.Page.GetByLabel("New password", new() { Exact = true }).FillAsync(AdminPassword);
        await browser.Page.GetByLabel("New password again").FillAsync(AdminPassword);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await browser.Page.WaitForURLAsync(url => !url.Contains("/password", StringComparison.Ordinal));
    }

    private static async Task CreateTeamAsync(Browser browser)
    {
        await browser.GoToAsync("/admin/users");
        await browser.Page.GetByLabel("Short name").FillAsync("hotel");
        await browser.Page.GetByLabel("Full name").FillAsync("Hotel");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Create the team" }).ClickAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Cell, new() { Name = "hotel" }).Or(browser.Page.GetByRole(AriaRole.Rowheader, new() { Name = "Hotel" })).First).ToBeVisibleAsync();
    }

    private static async Task RegisterTaskAsync(Browser browser)
    {
        await browser.GoToAsync("/tasks/register");
        await browser.Page.GetByLabel("Name", new() { Exact = false }).First.FillAsync(TaskName);
        await browser.Page.GetByLabel("Instruction").FillAsync("Is the guest glad or cross?");
        await browser.Page.GetByLabel("Labels").First.FillAsync("glad\ncross");
        await browser.InspectAsync("register-task");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Register the task" }).ClickAsync();
        await browser.Page.WaitForURLAsync($"**/tasks/{TaskName}**");
    }

    private static async Task UploadAsync(Browser browser, string bundle)
    {
        await browser.GoToAsync($"/tasks/{TaskName}/upload");
        foreach (var split in new[] { "train", "validation", "test" })
            await browser.Page.Locator($"input[name={split}]").SetInputFilesAsync(Path.Combine(bundle, split + ".jsonl"));
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
        await browser.Page.WaitForURLAsync($"**/tasks/{TaskName}/data/1**");
        await Expect(browser.Page.GetByText("Ready", new() { Exact = true }).First).ToBeVisibleAsync();
        await browser.InspectAsync("data-check");
    }

    private static async Task TrainAsync(Browser browser)
    {
        await browser.GoToAsync("/runs/plan");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Choose all that are ready" }).ClickAsync();
        await browser.Page.GetByRole(AriaRole.Tab, new() { Name = "Document" }).ClickAsync();
        await browser.Page.GetByLabel("Recipe as YAML or JSON").FillAsync(TinyWorkspace.Recipe);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Start the run" }).ClickAsync();
        await browser.Page.WaitForURLAsync("**/runs/1**");
        await Expect(browser.Page.GetByText("Succeeded", new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = 240_000 });
        await browser.InspectAsync("run");
    }

    private static async Task RequestDeploymentAsync(Browser browser)
    {
        await browser.GoToAsync("/models/1");
        await browser.InspectAsync("model-version");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Request deployment" }).ClickAsync();
        await browser.Page.WaitForURLAsync("**/deployments/1**");
        await Expect(browser.Page.GetByRole(AriaRole.Button, new() { Name = "Approve" })).Not.ToBeVisibleAsync();
    }

    private static async Task<string> IssueKeyAsync(Browser browser)
    {
        await browser.GoToAsync("/keys");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Issue a key" }).ClickAsync();
        await browser.Page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("journey");
        await browser.Page.GetByLabel(TaskName).CheckAsync();
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Issue the key" }).ClickAsync();
        var secret = browser.Page.GetByText(Secret()).First;
        await Expect(secret).ToBeVisibleAsync();
        return Secret().Match(await secret.InnerTextAsync()).Value;
    }

    private static async Task ApproveAsync(Browser browser)
    {
        await browser.GoToAsync("/deployments/1");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        var dialog = browser.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Reason").FillAsync("The first version of the first task.");
        // Only there when the gate found a loss: a model of a few seconds may well lose.
        var consent = dialog.GetByRole(AriaRole.Checkbox);
        if (await consent.CountAsync() > 0)
            await consent.CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { NameRegex = ApproveButton() }).ClickAsync();
        await Expect(browser.Page.GetByText("Live", new() { Exact = true }).First).ToBeVisibleAsync();
        await browser.InspectAsync("deployment");
    }

    private static async Task CallAsync(Uri api, string key)
    {
        using var http = new HttpClient { BaseAddress = api };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.PostAsJsonAsync($"/v1/tasks/{TaskName}/predict", new { inputs = new[] { new { text = "The pool was spotless" } } }, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, body);
        Assert.Matches("\"output\":\\s*\"(glad|cross)\"", body);
    }

    private static async Task SeeCostAsync(Browser browser)
    {
        await browser.GoToAsync("/usage");
        var row = browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = TaskName }).First;
        await Expect(row).ToBeVisibleAsync();
        Assert.Matches(Cost(), await row.InnerTextAsync());
        await browser.InspectAsync("usage");
    }

    [GeneratedRegex(@"one-time password (\S+)")]
    private static partial Regex OneTimePassword();

    [GeneratedRegex("sk-[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();

    [GeneratedRegex("^Approve")]
    private static partial Regex ApproveButton();

    [GeneratedRegex(@"0\.0*[1-9]")]
    private static partial Regex Cost();
}
