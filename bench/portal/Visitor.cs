using Microsoft.Playwright;

namespace Platform.PortalBench;

/// <summary>An admin in a real browser, who goes from page to page.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // A page without data lies between any two, so that content is never that of the page before.
    private const string Between = "/not-found";

    private const string Arrive = """
        path => new Promise((resolve, reject) => {
            const began = performance.now();
            const patience = setTimeout(() => reject(new Error(`${path}: no content; the page says: ${document.querySelector('main')?.innerText.slice(0, 300)}`)), 60000);
            const look = () => {
                const failed = document.querySelector('main [data-state=error]');
                if (failed) { clearTimeout(patience); reject(new Error(`${path}: ${failed.innerText}`)); return; }
                const here = location.pathname + location.search === path && document.querySelector('main h1') && !document.querySelector('main [data-state=loading]')
                    && (document.querySelector('main [data-state=content]') || document.querySelector('main form'));
                if (here) { clearTimeout(patience); resolve(performance.now() - began); } else requestAnimationFrame(look);
            };
            Blazor.navigateTo(path);
            requestAnimationFrame(look);
        })
        """;

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly IPage page;

    private Visitor(IPlaywright playwright, IBrowser browser, IPage page) => (this.playwright, this.browser, this.page) = (playwright, browser, page);

    public static async Task<Visitor> SignInAsync(Uri portal)
    {
        var program = Browsers.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("Chromium is not installed: apt-get install chromium");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { BaseURL = portal.ToString(), ViewportSize = new ViewportSize { Width = 1360, Height = 900 } });
        page.SetDefaultTimeout(90_000);
        await page.GotoAsync("/signin");
        await page.GetByLabel("Email").FillAsync(Installation.Email);
        await page.GetByLabel("Password").FillAsync(Installation.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/signin", StringComparison.Ordinal));
        await page.WaitForSelectorAsync("main [data-state=content]");
        return new Visitor(playwright, browser, page);
    }

    /// <returns>Milliseconds from the click on a link until its content stands in the page.</returns>
    public async Task<double> VisitAsync(string path)
    {
        await page.EvaluateAsync("path => Blazor.navigateTo(path)", Between);
        await page.WaitForFunctionAsync("path => location.pathname === path && !document.querySelector('main [data-state]')", Between);
        return await page.EvaluateAsync<double>(Arrive, path);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
