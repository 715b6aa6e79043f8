using Microsoft.Playwright;

namespace Platform.PortalBench;

/// <summary>An admin in a real browser, who goes from page to page.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // A small page lies between any two visits, so that none finds something of its own on the screen.
    private const string Between = "/admin/rates";
    private const string OtherBetween = "/budgets";

    private const string Arrive = """
        path => new Promise((resolve, reject) => {
            document.querySelectorAll('main [data-state]').forEach(old => old.dataset.old = 'yes');
            const began = performance.now();
            const patience = setTimeout(() => reject(new Error(`${path}: no content; the page says: ${document.querySelector('main')?.innerText.slice(0, 300)}`)), 60000);
            const look = () => {
                const states = [...document.querySelectorAll('main [data-state]')].filter(state => !state.dataset.old).map(state => state.dataset.state);
                if (states.includes('error')) { clearTimeout(patience); reject(new Error(`${path}: ${document.querySelector('main [data-state=error]').innerText}`)); return; }
                if (location.pathname + location.search === path && states.length > 0 && !states.includes('loading')) { clearTimeout(patience); resolve(performance.now() - began); }
                else requestAnimationFrame(look);
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
        await page.EvaluateAsync<double>(Arrive, path == Between || page.Url.EndsWith(Between, StringComparison.Ordinal) ? OtherBetween : Between);
        return await page.EvaluateAsync<double>(Arrive, path);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
