using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Platform.EndToEnd.Tests;

/// <summary>One person's window of Debian's Chromium: with an accessibility check, screenshots, and a note of everything that the browser complains about.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const int Width = 1360;
    private const int Height = 900;
    private const int PhoneWidth = 360;
    private const int PhoneHeight = 780;

    // The viewer's zone arrives a moment after the page.
    private const string Settled =
        "() => document.querySelector('h1') !== null && document.querySelector('[data-state=loading]') === null && ![...document.querySelectorAll('time')].some(time => time.textContent.endsWith('UTC'))";

    // Colours are measured while they change otherwise.
    private const string WithoutMotion = """
        document.addEventListener('DOMContentLoaded', () => {
            const still = document.createElement('style');
            still.textContent = '*, *::before, *::after { transition: none !important; animation: none !important; caret-color: transparent !important; }';
            document.head.append(still);
        });
        """;

    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private static readonly string[] Levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    private static readonly Lazy<Task<IBrowser>> Chromium = new(LaunchAsync);
    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    private Browser(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                complaints.Add($"{message.Text} ({message.Location})");
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser's console said was wrong, and what the page may ignore: answers that a journey asks for on purpose.</summary>
    public Func<string, bool> IsExpected { get; set; } = _ => false;

    /// <param name="portal">Where paths begin.</param>
    /// <param name="state">Cookies of an earlier sign-in; null for a stranger.</param>
    public static async Task<Browser> OpenAsync(Uri portal, string? state = null)
    {
        if (!Programs.Any(File.Exists))
            Assert.Skip("Chromium is not installed; ./test installs it where it may.");
        var browser = await Chromium.Value;
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = portal.ToString(),
            StorageState = state,
            // Half an hour off every whole zone: a time that is not the viewer's stands out.
            TimezoneId = "Asia/Kolkata",
            ColorScheme = ColorScheme.Light,
            AcceptDownloads = true,
            ViewportSize = new ViewportSize { Width = Width, Height = Height },
        });
        await context.AddInitScriptAsync(WithoutMotion);
        context.SetDefaultTimeout(60_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        return new Browser(context, await context.NewPageAsync());
    }

    /// <summary>Opens a page and waits until it answers to clicks.</summary>
    public async Task GoToAsync(string path)
    {
        await Page.GotoAsync(path);
        await SettleAsync();
    }

    /// <summary>Everything that the page shows at first is there.</summary>
    public Task SettleAsync() => Page.WaitForFunctionAsync(Settled);

    public async Task SignInAsync(string email, string password)
    {
        await context.ClearCookiesAsync();
        await GoToAsync("/signin");
        await Page.GetByLabel("Email").FillAsync(email);
        await Page.GetByLabel("Password").FillAsync(password);
        await PressAsync("Sign in");
        await Page.WaitForURLAsync(url => !new Uri(url).AbsolutePath.Equals("/signin", StringComparison.Ordinal));
    }

    /// <returns>Cookies for other windows.</returns>
    public Task<string> StateAsync() => context.StorageStateAsync();

    public Task PressAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>Opens a drop-down list and takes an entry.</summary>
    public async Task ChooseAsync(string label, string option)
    {
        await Page.GetByLabel(label, new() { Exact = true }).First.ClickAsync();
        await Page.Locator(".mud-popover-open .mud-list-item").GetByText(option, new() { Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator(".mud-popover-open .mud-list-item")).ToHaveCountAsync(0);
    }

    /// <summary>Answers the dialog that asks for a reason.</summary>
    public async Task GiveReasonAsync(string reason, string confirmation)
    {
        var dialog = Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Reason").FillAsync(reason);
        await dialog.GetByRole(AriaRole.Button, new() { Name = confirmation, Exact = true }).ClickAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }

    /// <returns>The text of the file that a click brings.</returns>
    public async Task<string> DownloadAsync(ILocator link)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        await using var stream = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Saves what the page looks like, and refuses barriers for people with disabilities and complaints of the browser.</summary>
    public async Task InspectAsync(string name) => Refuse(await LookAsync(name));

    /// <summary>Light on a desk and dark on a phone: what holds for both ends holds between them.</summary>
    public async Task InspectBothEndsAsync(string name) => Refuse(await FindProblemsAsync(name));

    /// <inheritdoc cref="InspectBothEndsAsync"/>
    /// <returns>What is wrong, for a list of many pages.</returns>
    public async Task<IReadOnlyList<string>> FindProblemsAsync(string name)
    {
        var problems = await LookAsync(name);
        await UseAsync(isDark: true, PhoneWidth, PhoneHeight);
        problems.AddRange(await LookAsync(name + "-dark-phone"));
        var wide = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
        if (wide > PhoneWidth)
            problems.Add($"{name}: on a phone of {PhoneWidth} pixels the page is {wide} wide and scrolls sideways");
        await UseAsync(isDark: false, Width, Height);
        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        // Where the journey ended: of one that failed the most telling picture.
        await ShootAsync("last-" + TestContext.Current.TestMethod?.MethodName);
        await context.DisposeAsync();
    }

    /// <summary>Pages with a circuit have a switch for the theme; the others follow the system.</summary>
    private async Task UseAsync(bool isDark, int width, int height)
    {
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light });
        var other = Page.GetByRole(AriaRole.Button, new() { Name = isDark ? "Use the dark theme" : "Use the light theme" });
        if (await other.CountAsync() > 0)
        {
            await other.ClickAsync();
            await Assertions.Expect(other).ToHaveCountAsync(0);
        }

        await Page.SetViewportSizeAsync(width, height);
        // Two frames: the drawer closes on a phone.
        await Page.EvaluateAsync("() => new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 150))");
    }

    private async Task<List<string>> LookAsync(string name)
    {
        await ShootAsync(name);
        var found = await Page.RunAxe();
        var barriers = found.Violations.Where(violation => violation.Impact is "critical" or "serious" || violation.Tags.Intersect(Levels).Any());
        List<string> problems = [.. barriers.Select(barrier => $"{name}: {Described(barrier)}"), .. complaints.Where(complaint => !IsExpected(complaint)).Select(complaint => $"{name}: the browser complains: {complaint}")];
        complaints.Clear();
        return problems;
    }

    private static void Refuse(IReadOnlyList<string> problems) => Assert.True(problems.Count == 0, string.Join("\n", problems));

    private static string Described(AxeResultItem barrier) => $"{barrier.Id}: {barrier.Help} ({string.Join(", ", barrier.Nodes.Take(3).Select(node => node.Html))})";

    private Task<byte[]> ShootAsync(string name) => Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Clone.Results, name + ".png"), FullPage = true });

    private static async Task<IBrowser> LaunchAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Programs.First(File.Exists),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }
}
