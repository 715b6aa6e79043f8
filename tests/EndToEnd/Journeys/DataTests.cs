using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>A dataset from the files on somebody's disk to its second version.</summary>
[Collection(SampleCompany.Name)]
public sealed partial class DataTests(SampleCompany company)
{
    [Fact]
    public async Task Upload_CancelledThenBrokenOff_GoesOnWhereItStopped_AndAsksWhichColumnIsWhich()
    {
        const string Name = "room-tone";
        var folder = company.Folder(Name);
        TaskSteps.WriteTables(folder, Name, trainRows: 30, "glad", "cross");
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        browser.IsExpected = complaint => complaint.Contains("ERR_FAILED", StringComparison.Ordinal);
        await TaskSteps.RegisterAsync(browser, Name, "glad", "cross");

        // One rule for the whole journey: rules that come and go are not in force at once.
        var held = new TaskCompletionSource();
        var isBroken = false;
        await browser.Page.RouteAsync(Piece(), async route =>
        {
            if (!held.Task.IsCompleted)
            {
                await held.Task;
                await route.AbortAsync();
            }
            else if (Volatile.Read(ref isBroken) && !route.Request.Url.Contains("/train?", StringComparison.Ordinal))
                await route.AbortAsync();
            else
                await route.ContinueAsync();
        });

        // Somebody changes their mind while the first piece is on its way.
        await TaskSteps.ChooseFilesAsync(browser, folder, "csv");
        await browser.PressAsync("Upload");
        await Expect(browser.Page.GetByText(Progress())).ToBeVisibleAsync();
        await browser.InspectAsync("upload-progress");
        await browser.PressAsync("Cancel the upload");
        await Expect(browser.Page.GetByText("The upload was cancelled; nothing was stored.")).ToBeVisibleAsync();
        held.SetResult();

        // The connection breaks after the first file, and the browser is closed.
        Volatile.Write(ref isBroken, true);
        await browser.PressAsync("Upload");
        await Expect(browser.Page.GetByText("nothing that was sent is lost")).ToBeVisibleAsync();
        await browser.InspectAsync("upload-broken");
        Volatile.Write(ref isBroken, false);
        await browser.GoToAsync($"/tasks/{Name}/upload");
        await Expect(browser.Page.GetByText("is half sent")).ToBeVisibleAsync();
        await browser.InspectBothEndsAsync("upload-half-sent");
        await TaskSteps.ChooseFilesAsync(browser, folder, "csv");
        var begun = browser.Page.WaitForResponseAsync(response => response.Request.Method == "POST" && response.Url.EndsWith($"/tasks/{Name}/uploads", StringComparison.Ordinal));
        await browser.PressAsync("Upload");
        Assert.Matches(GoesOn(), await (await begun).TextAsync());

        await browser.Page.WaitForURLAsync($"**/tasks/{Name}/uploads/**");
        await browser.ChooseAsync("Text", "what was said");
        await browser.ChooseAsync("Output", "feeling");
        await Expect(browser.Page.GetByRole(AriaRole.Cell, new() { Name = "cross", Exact = true }).First).ToBeVisibleAsync();
        await browser.InspectBothEndsAsync("upload-columns");
        await browser.PressAsync("Read the rows");
        await browser.Page.WaitForURLAsync($"**/tasks/{Name}/data/1");
        await Expect(browser.Page.GetByText("Ready", new() { Exact = true }).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Version_WithProblems_LeadsToItsRows_AndTheirMendIsANewVersion()
    {
        const string Name = "lobby-tone";
        var folder = company.Folder(Name);
        TaskSteps.WriteJsonLines(folder, Name, trainRows: 40, "glad", "cross");
        // One text twice with the same answer, another with two different ones.
        var train = Path.Combine(folder, "train.jsonl");
        await File.AppendAllTextAsync(train, """
            {"id":"twice","input":{"text":"lobby-tone train 0: about the lobby"},"output":"glad"}
            {"id":"against","input":{"text":"lobby-tone train 1: about the lobby"},"output":"glad"}

            """, TestContext.Current.CancellationToken);
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await TaskSteps.RegisterAsync(browser, Name, "glad", "cross");
        await TaskSteps.UploadAsync(browser, Name, folder, "jsonl");
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "Findings" })).ToContainTextAsync("train.jsonl");
        await browser.SettleAsync();
        await browser.InspectBothEndsAsync("dataset-findings");

        // From a finding to its rows, and back.
        await browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Show all rows with this problem" }).First.GetByRole(AriaRole.Link, new() { Name = "Show all rows with this problem" }).ClickAsync();
        await browser.Page.WaitForURLAsync("**?problem=*");
        await Expect(browser.Page.GetByText("rows match")).ToBeVisibleAsync();
        await browser.Page.GoBackAsync();
        await Expect(browser.Page.GetByText("rows match")).ToHaveCountAsync(0);

        await browser.Page.GetByLabel("Words", new() { Exact = true }).FillAsync("pool");
        await browser.ChooseAsync("Split", "train");
        await browser.ChooseAsync("Output", "cross");
        await browser.Page.WaitForURLAsync("**find=pool**label=cross**");
        await Expect(browser.Page.GetByRole(AriaRole.Table, new() { Name = "Rows of version 1" }).GetByRole(AriaRole.Rowheader)).ToHaveCountAsync(5);
        await browser.InspectAsync("dataset-search");

        await browser.GoToAsync($"/tasks/{Name}/data/1?split=train&line=41");
        await browser.PressAsync("Leave out twice");
        await Expect(browser.Page.GetByText("1 row left out by Mia Member")).ToBeVisibleAsync();
        await browser.PressAsync("Edit against");
        var dialog = browser.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Text").FillAsync("lobby-tone train 41: about the stairs");
        await browser.InspectAsync("dataset-edit-row");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Keep for the new version" }).ClickAsync();
        await Expect(browser.Page.GetByText("1 row edited, 1 row left out by Mia Member")).ToBeVisibleAsync();
        await browser.InspectBothEndsAsync("dataset-changes");
        await browser.PressAsync("Save as a new version");
        await browser.Page.GetByRole(AriaRole.Link, new() { Name = "version 2", Exact = true }).ClickAsync();

        await browser.Page.WaitForURLAsync($"**/tasks/{Name}/data/2");
        var changes = browser.Page.GetByRole(AriaRole.Region, new() { Name = "Changes since version 1" });
        await Expect(changes).ToBeVisibleAsync();
        Assert.Equal(["0", "1", "1", "60"], await changes.Locator("dd").AllInnerTextsAsync());
        await browser.InspectBothEndsAsync("dataset-version-2");
    }

    [GeneratedRegex("/uploads/[^/]+/[a-z]+\\?offset=")]
    private static partial Regex Piece();

    [GeneratedRegex(@"^Sent 0 B of \d+\.\d KB \(0 %\)")]
    private static partial Regex Progress();

    [GeneratedRegex("\"train\":[1-9]")]
    private static partial Regex GoesOn();
}
