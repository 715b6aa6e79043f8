using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>A task from its form, taught by it, to its labels, its playground and the code that calls it.</summary>
[Collection(SampleCompany.Name)]
public sealed class TaskTests(SampleCompany company)
{
    [Fact]
    public async Task Task_RegisteredAndEdited_ByAFormThatTeaches()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync("/tasks/register");
        await browser.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Guest Wishes");
        await browser.Page.GetByLabel("Instruction").FillAsync("What does the guest wish?");
        await browser.Page.GetByLabel("Labels", new() { Exact = true }).FillAsync("towels\npillow");
        await browser.PressAsync("Register the task");
        await Expect(browser.Page.GetByLabel("Name", new() { Exact = true })).ToBeFocusedAsync();
        await browser.InspectBothEndsAsync("task-form-problems");

        await browser.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("guest-wishes");
        await browser.ChooseAsync("Latency class", "interactive");
        await browser.PressAsync("Register the task");
        await browser.Page.WaitForURLAsync("**/tasks/guest-wishes/upload");

        await browser.GoToAsync("/tasks/guest-wishes/edit");
        await browser.Page.GetByLabel("Instruction").FillAsync("Which of these things does the guest wish?");
        await browser.PressAsync("Save the changes");
        await browser.Page.WaitForURLAsync("**/tasks/guest-wishes");
        await Expect(browser.Page.GetByText("Which of these things does the guest wish?")).ToBeVisibleAsync();
        await Expect(browser.Page.GetByText("interactive", new() { Exact = true })).ToBeVisibleAsync();
        await browser.InspectBothEndsAsync("task-without-data");

        await browser.GoToAsync("/");
        await Expect(browser.Page.GetByText("guest-wishes has no data yet.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Labels_RenamedMergedSplitAndRetired_ShowFirstWhatThatTouches()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await TaskSteps.RegisterAsync(browser, "guest-tone", "glad", "cross", "meh", "odd");
        var folder = company.Folder("guest-tone");
        TaskSteps.WriteJsonLines(folder, "guest-tone", trainRows: 40, "glad", "cross", "meh", "odd");
        await TaskSteps.UploadAsync(browser, "guest-tone", folder, "jsonl");

        await browser.GoToAsync("/tasks/guest-tone/labels");
        await browser.ChooseAsync("Label", "odd");
        await browser.Page.GetByLabel("New name").FillAsync("strange");
        await PreviewAsync(browser, "It touches 15 rows of data version 1, and no application asked for the task lately.");
        await browser.InspectBothEndsAsync("labels-preview");
        await ApplyAsync(browser, "Odd is what we call something else.");

        await browser.ChooseAsync("What shall happen", "Merge");
        await browser.Page.GetByLabel("Labels to join", new() { Exact = true }).First.ClickAsync();
        foreach (var label in new[] { "meh", "strange" })
            await browser.Page.Locator(".mud-popover-open .mud-list-item").GetByText(label, new() { Exact = true }).ClickAsync();
        await browser.Page.Keyboard.PressAsync("Escape");
        await browser.Page.GetByLabel("Name together").FillAsync("other");
        await PreviewAsync(browser, "It touches");
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "What it touches" })).ToContainTextAsync("glad, cross, other");

        await browser.ChooseAsync("What shall happen", "Split");
        await browser.ChooseAsync("Label", "cross");
        await browser.Page.GetByLabel("Name of part 1").FillAsync("cross-pool");
        await browser.Page.GetByLabel("Words of part 1").FillAsync("pool");
        await browser.Page.GetByLabel("Name of part 2").FillAsync("cross-rest");
        await PreviewAsync(browser, "It touches");
        await Expect(browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "and the words pool" })).ToContainTextAsync("cross-pool");

        await browser.ChooseAsync("What shall happen", "Retire");
        await browser.ChooseAsync("Label", "meh");
        await PreviewAsync(browser, "It touches");
        await ApplyAsync(browser, "Nobody used it.");
        await Expect(browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "'odd' became 'strange'" })).ToBeVisibleAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "'meh' was retired" })).ToBeVisibleAsync();
        await browser.InspectAsync("labels-history");
    }

    [Fact]
    public async Task Playground_AnswersWithTheBaseModelAndTheLiveVersion_SideBySide()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync($"/tasks/{SampleCompany.FirstTask}/playground");
        await browser.Page.GetByRole(AriaRole.Textbox, new() { Name = "Text", Exact = true }).FillAsync("The pool was spotless");
        await browser.PressAsync("Try it");
        foreach (var model in new[] { "Base model", "Model version 1" })
        {
            var answer = browser.Page.GetByRole(AriaRole.Article, new() { Name = model, Exact = true });
            await Expect(answer.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
            await Expect(answer.GetByText("Probability 0.")).ToBeVisibleAsync();
        }

        await browser.InspectBothEndsAsync("playground-answers");
        await browser.Page.ReloadAsync();
        await Expect(browser.Page.GetByRole(AriaRole.Article, new() { Name = "Base model", Exact = true }).GetByText("Probability 0.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Code_NamesTheTask_InEveryLanguage()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync($"/tasks/{SampleCompany.FirstTask}/code");
        var samples = browser.Page.Locator(".code-sample");

        foreach (var language in new[] { "curl", "OpenAI", ".NET" })
            await Expect(browser.Page.GetByRole(AriaRole.Heading, new() { Level = 2 }).Filter(new() { HasText = language }).First).ToBeVisibleAsync();
        foreach (var text in await samples.AllInnerTextsAsync())
            Assert.Contains(SampleCompany.FirstTask, text, StringComparison.Ordinal);
        Assert.Contains(company.Platform.Api.ToString(), string.Concat(await samples.AllInnerTextsAsync()), StringComparison.Ordinal);
    }

    private static async Task PreviewAsync(Browser browser, string sentence)
    {
        await browser.PressAsync("Show what it touches");
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "What it touches" })).ToContainTextAsync(sentence);
    }

    private static async Task ApplyAsync(Browser browser, string reason)
    {
        await browser.Page.GetByLabel("Reason").FillAsync(reason);
        await browser.PressAsync("Change the labels");
        await Expect(browser.Page.GetByText("holds. The rows are being written")).ToBeVisibleAsync();
    }
}
