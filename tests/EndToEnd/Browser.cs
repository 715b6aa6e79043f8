using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Platform.EndToEnd.Tests;

/// <summary>Debian's Chromium, one page of it, with an accessibility check and screenshots.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page) => (this.playwright, this.browser, Page) = (playwright, browser, page);

    public IPage Page { get; }

    public static async Task<Browser> OpenAsync(Uri portal)
    {
        var program = Programs.FirstOrDefault(File.Exists);
        if (program is null)
            Assert.Skip("Chromium is not installed; ./test installs it where it may.");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { BaseURL = portal.ToString(), ViewportSize = new ViewportSize { Width = 1360, Height = 900 } });
        page.SetDefaultTimeout(60_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        return new Browser(playwright, browser, page);
    }

    /// <summary>Opens a page and waits until it answers to clicks.</summary>
    public async Task GoToAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
    }

    /// <summary>Saves what the page looks like, and refuses serious barriers for people with disabilities.</summary>
    public async Task InspectAsync(string name)
    {
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Clone.Results, name + ".png"), FullPage = true });
        var barriers = (await Page.RunAxe()).Violations.Where(violation => violation.Impact is "critical" or "serious").ToList();
        Assert.True(barriers.Count == 0, $"{name}: " + string.Join("; ", barriers.Select(barrier => $"{barrier.Id}: {barrier.Help} ({string.Join(", ", barrier.Nodes.Take(3).Select(node => node.Html))})")));
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Clone.Results, "failed.png"), FullPage = true });
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
