using Microsoft.Playwright;
using Platform.TestStorage;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>A new user's own password, the second step of their sign-in, and an admin who helps when both are lost.</summary>
[Collection(SampleCompany.Name)]
public sealed class SignInTests(SampleCompany company)
{
    private const string Email = "noa@example.com";
    private const string OwnPassword = "noa has a long password";

    [Fact]
    public async Task SignIn_WithAnOwnPasswordAndASecondStep_UntilAnAdminResetsBoth()
    {
        await using var admin = await company.OpenAsync(SampleCompany.Admin);
        await admin.GoToAsync("/admin/users");
        await admin.Page.GetByLabel("Email", new() { Exact = true }).FillAsync(Email);
        await admin.Page.GetByLabel("Display name").FillAsync("Noa New");
        await admin.PressAsync("Create the user");
        var once = await OneTimePasswordAsync(admin);
        await admin.InspectBothEndsAsync("user-created");

        await using var browser = await company.OpenAsStrangerAsync();
        await browser.SignInAsync(Email, once);
        await ChangeAsync(browser, once, OwnPassword);

        await browser.GoToAsync("/profile/two-step");
        var key = await browser.Page.Locator(".typed-key").InnerTextAsync();
        await browser.Page.GetByLabel("Code that the app shows now").FillAsync(Code(key));
        await browser.PressAsync("Switch two-step sign-in on");
        await Expect(browser.Page.GetByRole(AriaRole.List, new() { Name = "Recovery codes" }).GetByRole(AriaRole.Listitem).First).ToBeVisibleAsync();
        var recovery = await browser.Page.GetByRole(AriaRole.List, new() { Name = "Recovery codes" }).GetByRole(AriaRole.Listitem).First.InnerTextAsync();
        await browser.InspectBothEndsAsync("two-step-codes");

        await browser.SignInAsync(Email, OwnPassword);
        await browser.Page.WaitForURLAsync("**/signin/code**");
        await browser.Page.GetByLabel("Code", new() { Exact = true }).FillAsync("000000");
        await browser.PressAsync("Sign in");
        await Expect(browser.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The code is wrong");
        await browser.InspectBothEndsAsync("sign-in-code");
        await browser.Page.GetByLabel("Code", new() { Exact = true }).FillAsync(recovery);
        await browser.PressAsync("Sign in");
        await Expect(browser.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Home");

        // The phone and the password are lost.
        await admin.GoToAsync("/admin/users");
        await admin.PressAsync($"Reset two-step sign-in of {Email}");
        await admin.PressAsync("Reset it");
        await Expect(admin.Page.GetByRole(AriaRole.Button, new() { Name = $"Reset two-step sign-in of {Email}" })).ToHaveCountAsync(0);
        await admin.PressAsync($"Give {Email} a one-time password");
        await admin.PressAsync("Make a one-time password");
        var again = await OneTimePasswordAsync(admin);
        await browser.SignInAsync(Email, again);
        await browser.Page.WaitForURLAsync("**/password**");
    }

    private static string Code(string key) => AuthenticatorApp.Code(key, TimeProvider.System.GetUtcNow());

    private static async Task<string> OneTimePasswordAsync(Browser admin) =>
        (await admin.Page.GetByLabel($"One-time password of {Email}").InnerTextAsync()).Trim();

    private static async Task ChangeAsync(Browser browser, string old, string own)
    {
        await browser.Page.WaitForURLAsync("**/password**");
        await browser.Page.GetByLabel("Current password").FillAsync(old);
        await browser.Page.GetByLabel("New password", new() { Exact = true }).FillAsync(own);
        await browser.Page.GetByLabel("New password again").FillAsync(own);
        await browser.InspectBothEndsAsync("password-first");
        await browser.PressAsync("Change the password");
        await Expect(browser.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Home");
    }
}
