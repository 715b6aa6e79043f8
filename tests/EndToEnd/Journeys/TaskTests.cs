using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>A task from its form, taught by it, to the code that calls it.</summary>
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
        await Expect(browser.Page.Locator(".mud-input-error").First).ToBeVisibleAsync();
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
}
