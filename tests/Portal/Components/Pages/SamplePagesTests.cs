using Bunit;
using Microsoft.EntityFrameworkCore;
using MudBlazor;
using Platform.Domain.Sampling;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Samples;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class SamplePagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SampleList_NeverSampled_IsOffAndEmpty()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);

        var page = Render(context);

        page.WaitForAssertion(() => Assert.Contains("No sample yet", page.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
        Assert.Contains("Switch sampling on", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() is "Switch off" or "Delete all");
    }

    [Fact]
    public async Task SamplingForm_SwitchedOn_StoresTheRule()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        var page = Render(context);
        page.WaitForElement("form");

        await page.FindByLabel("Share of the requests (percent)").ChangeAsync("5");
        await page.FindByLabel("Keep for (days)").ChangeAsync("14");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains(page.FindAll("button"), button => button.TextContent.Trim() == "Switch off"));
        var rule = (await context.World.Get<SamplingRules>().FindAsync(World.Platform, "hotel-mood", Cancellation)).Value;
        Assert.Equal((true, 0.05, 14), (rule.IsOn, rule.Share, rule.KeepDays));
    }

    [Fact]
    public async Task SamplingForm_ShareOfZero_NamesTheField()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        var page = Render(context);
        page.WaitForElement("form");

        await page.FindByLabel("Share of the requests (percent)").ChangeAsync("0");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("more than 0 and at most 1", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SampleList_ManySamples_ShowsPagesAndDeletesOne()
    {
        await using var context = await PortalContext.CreateAsync();
        await StoreAsync(context, await AddTaskAsync(context), 30);

        var page = Render(context);

        page.WaitForAssertion(() => Assert.Equal(25, page.FindAll("tbody tr").Count));
        Assert.Contains("30 samples", page.Markup, StringComparison.Ordinal);
        Assert.Contains("page=1", page.FindAll("a").Single(link => link.TextContent.Trim() == "Next").GetAttribute("href"), StringComparison.Ordinal);
        await page.FindAll("tbody button")[0].ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("29 samples", page.Markup, StringComparison.Ordinal));
        await using var database = context.World.Open();
        Assert.Equal(29, await database.RequestSamples.CountAsync(Cancellation));
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task SwitchOff_Confirmed_KeepsOrDeletesWhatIsThere(bool delete, int left)
    {
        await using var context = await PortalContext.CreateAsync();
        await StoreAsync(context, await AddTaskAsync(context), 2);
        var dialogs = context.Render<MudDialogProvider>();
        var page = Render(context);
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("tbody tr").Count));

        var click = page.FindButton("Switch off").ClickAsync(new());
        var box = dialogs.WaitForElement("input[type=checkbox]");
        if (delete)
            await box.ChangeAsync(true);
        await dialogs.FindButton("Switch off").ClickAsync(new());
        await click;

        page.WaitForAssertion(() => Assert.Contains("Switch sampling on", page.Markup, StringComparison.Ordinal));
        await using var database = context.World.Open();
        Assert.Equal(left, await database.RequestSamples.CountAsync(Cancellation));
        Assert.False((await database.SamplingRules.SingleAsync(Cancellation)).IsOn);
    }

    [Fact]
    public async Task DeleteAll_Confirmed_LeavesTheEmptyPage()
    {
        await using var context = await PortalContext.CreateAsync();
        await StoreAsync(context, await AddTaskAsync(context), 2);
        var dialogs = context.Render<MudDialogProvider>();
        var page = Render(context);
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("tbody tr").Count));

        var click = page.FindButton("Delete all").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.NotNull(dialogs.FindButton("Delete all")));
        await dialogs.FindButton("Delete all").ClickAsync(new());
        await click;

        page.WaitForAssertion(() => Assert.Contains("No sample yet", page.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SampleList_OtherTeamsTask_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var task = await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-mood");
        await StoreAsync(context, task, 1);

        var page = Render(context);

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-state=error]").Count));
        Assert.DoesNotContain("message 0", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SampleList_BrokenDatabase_SaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        await context.BreakDatabaseAsync();

        Assert.Contains("database or disk does not answer", Render(context).WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_OwnersAndOthers_GetTheirs()
    {
        await using var host = await PortalHost.StartAsync();
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        await host.World.AddUserAsync("tom@example.com", "Tom", isAdmin: false);
        var task = await host.World.AddTaskAsync(await host.World.AddTeamAsync("hotels", "Hotels", mia), "hotel-mood");
        await StoreAsync(host.World, task, 2);
        using var client = await host.SignInAsync("mia@example.com");
        using var stranger = await host.SignInAsync("tom@example.com");
        using var nobody = host.Open();

        var lines = (await client.GetStringAsync("/tasks/hotel-mood/samples.jsonl", Cancellation)).Trim().Split('\n');

        Assert.Equal(2, lines.Length);
        Assert.Contains("\"text\":\"message 0\"", lines[0], StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await stranger.GetAsync("/tasks/hotel-mood/samples.jsonl", Cancellation)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await nobody.GetAsync("/tasks/hotel-mood/samples.jsonl", Cancellation)).StatusCode);
    }

    private static IRenderedComponent<SampleList> Render(PortalContext context) => context.Render<SampleList>(parameters => parameters.Add(page => page.Name, "hotel-mood"));

    private static async Task<TaskDefinition> AddTaskAsync(PortalContext context)
    {
        var member = await context.SignInAsync(isAdmin: false);
        return await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-mood");
    }

    private static Task StoreAsync(PortalContext context, TaskDefinition task, int count) => StoreAsync(context.World, task, count);

    private static async Task StoreAsync(World world, TaskDefinition task, int count)
    {
        await world.Get<SamplingRules>().TurnOnAsync(World.Platform, task.Name, 1, 30, Cancellation);
        await world.Get<RequestSamples>().AddAsync(
            [.. Enumerable.Range(0, count).Select(index => new SampleDraft(
                task.Id, $"req_{index}", 0, DateTimeOffset.UtcNow.AddMinutes(index - count), 1, 0.5 + index / 100.0, index % 2 == 1, new SampleText($"message {index}", null, "good")))], Cancellation);
    }
}
