using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>The platform is stopped and started again while somebody fills in a form, works by keyboard alone, and goes on.</summary>
[Collection("Platforms run one at a time: each of them trains")]
public sealed class RestartTests
{
    private const string Email = "ada@example.com";
    private const string Password = "a long enough password";
    private const string Task = "guest-mood";

    [Fact]
    public async Task Form_HalfFilledWhenThePlatformRestarts_ComesBackAndIsSent()
    {
        var work = Directory.CreateTempSubdirectory("platform-restart-");
        await using (var first = RunningPlatform.Start(Path.Combine(work.FullName, "data"), "--empty"))
        {
            await first.WaitUntilUpAsync();
            var (code, output) = await Clone.RunAsync(Password, "users", "add", Email, "--admin", "--password-stdin", "--data", first.Data);
            Assert.True(code == 0, output);
            TinyWorkspace.WriteBundle(Path.Combine(work.FullName, "stay-mood"), "stay-mood", trainRows: 60);
            (code, output) = await Clone.RunAsync(null, "import", Path.Combine(work.FullName, "stay-mood"), "--team", "hotel", "--data", first.Data);
            Assert.True(code == 0, output);
            await using var browser = await Browser.OpenAsync(first.Portal);
            await browser.SignInAsync(Email, Password);
            // What the browser says of a server that is away is right.
            browser.IsExpected = _ => true;
            await browser.GoToAsync("/tasks/register");
            await TypeAsync(browser, "Name", Task);
            await TypeAsync(browser, "Instruction", "How does the guest sound?");
            // Typed, and the field not left: that, too, is kept a moment later.
            await browser.Page.WaitForTimeoutAsync(3000);

            Assert.Equal(0, await first.StopAsync());
            var away = browser.Page.GetByRole(AriaRole.Dialog, new() { Name = "The connection to the platform is lost" });
            await Expect(away).ToBeVisibleAsync();
            await browser.Page.Keyboard.PressAsync("Escape");
            await browser.InspectAsync("restart-away");
            await Expect(away).ToBeVisibleAsync();
            await using var second = first.StartAgain("--empty");
            await second.WaitUntilUpAsync();

            await Expect(away).ToHaveCountAsync(0);
            await browser.SettleAsync();
            await Expect(browser.Page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync(Task);
            await Expect(browser.Page.GetByLabel("Instruction")).ToHaveValueAsync("How does the guest sound?");
            await browser.InspectAsync("restart-form-restored");
            await TypeAsync(browser, "Labels", "glad\ncross");
            await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Register the task" }).FocusAsync();
            await browser.Page.Keyboard.PressAsync("Enter");
            await browser.Page.WaitForURLAsync($"**/tasks/{Task}/upload");
            Assert.Equal(0, await second.StopAsync());
        }

        work.Delete(recursive: true);
    }

    /// <summary>Key by key, as people do.</summary>
    private static async Task TypeAsync(Browser browser, string label, string text)
    {
        await browser.Page.GetByLabel(label, new() { Exact = label != "Instruction" }).FocusAsync();
        await browser.Page.Keyboard.TypeAsync(text);
    }
}
