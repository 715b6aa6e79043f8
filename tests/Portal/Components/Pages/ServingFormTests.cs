using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Admin;
using Platform.Portal.Components.Pages.Tasks;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

/// <summary>What owners and admins can set about serving: thresholds, latency classes, limits of keys.</summary>
public sealed class ServingFormTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EditTask_AbstainBelow_IsStoredShownAndTakenBackWhenEmptied()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);

        await EditAsync(context, "Abstain below", "0.65");
        var stored = await FindAsync(context);
        var facts = context.Render<TaskDetail>(parameters => parameters.Add(page => page.Name, "hotel-mood"));
        facts.WaitForAssertion(() => Assert.Contains("Abstains below", facts.Markup, StringComparison.Ordinal));
        Assert.Contains("0.65", facts.Markup, StringComparison.Ordinal);
        await EditAsync(context, "Abstain below", "");

        Assert.Equal(0.65, stored.AbstainBelow);
        Assert.Null((await FindAsync(context)).AbstainBelow);
    }

    [Fact]
    public async Task EditTask_AbstainBelow_IsNotAskedOfTasksThatWriteText()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        var page = context.Render<EditTask>(parameters => parameters.Add(edit => edit.Name, "hotel-mood"));
        var form = page.WaitForComponent<TaskForm>();

        Assert.Contains(page.FindAll("label"), label => label.TextContent.Trim() == "Abstain below");
        await form.InvokeAsync(() => form.FindComponent<MudBlazor.MudSelect<TaskKind>>().Instance.ValueChanged.InvokeAsync(TaskKind.Generation));

        page.WaitForAssertion(() => Assert.DoesNotContain(page.FindAll("label"), label => label.TextContent.Trim() == "Abstain below"));
    }

    [Fact]
    public async Task EditTask_LatencyClass_IsStoredAndShown()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        var page = context.Render<EditTask>(parameters => parameters.Add(edit => edit.Name, "hotel-mood"));
        var form = page.WaitForComponent<TaskForm>();

        await form.InvokeAsync(() => form.FindComponent<MudBlazor.MudSelect<LatencyClass>>().Instance.ValueChanged.InvokeAsync(LatencyClass.Interactive));
        page.WaitForAssertion(() => Assert.Contains("four shares of the server", page.Markup, StringComparison.Ordinal));
        await page.Find("form").SubmitAsync();

        var navigation = context.Services.GetRequiredService<NavigationManager>();
        page.WaitForAssertion(() => Assert.EndsWith("/tasks/hotel-mood", navigation.Uri, StringComparison.Ordinal));
        Assert.Equal(LatencyClass.Interactive, (await FindAsync(context)).LatencyClass);
        var list = context.Render<TaskList>();
        list.WaitForAssertion(() => Assert.Contains("interactive", list.Find("tbody").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task KeyForm_Limits_AreStoredAndListed()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddTaskAsync(context);
        var page = context.Render<KeyList>();
        await page.WaitForElement("[data-state=empty] button").ClickAsync(new());
        page.WaitForElement("form");

        await page.FindByLabel("Name").ChangeAsync("booking-web");
        await page.FindByLabel("Requests a minute").ChangeAsync("600");
        await page.FindByLabel("Tokens a minute").ChangeAsync("20000");
        await page.FindAll("label").First(label => label.TextContent.Trim() == "hotel-mood").QuerySelector("input")!.ChangeAsync(true);
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("600 requests, 20,000 tokens", page.Find("tbody").TextContent, StringComparison.Ordinal));
        await using var database = context.World.Open();
        var key = await database.ApiKeys.SingleAsync(Cancellation);
        Assert.Equal((600, 20_000), (key.RequestsPerMinute, key.TokensPerMinute));
    }

    private static async Task<TaskDefinition> AddTaskAsync(PortalContext context)
    {
        var member = await context.SignInAsync(isAdmin: false, "owner@example.com");
        return await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-mood");
    }

    private static async Task EditAsync(PortalContext context, string label, string value)
    {
        var navigation = context.Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("/tasks/hotel-mood/edit");
        var page = context.Render<EditTask>(parameters => parameters.Add(edit => edit.Name, "hotel-mood"));
        page.WaitForElement("form");
        await page.FindByLabel(label).ChangeAsync(value);
        await page.Find("form").SubmitAsync();
        page.WaitForAssertion(() => Assert.EndsWith("/tasks/hotel-mood", navigation.Uri, StringComparison.Ordinal));
    }

    private static async Task<TaskDefinition> FindAsync(PortalContext context) =>
        (await context.World.Get<TaskCatalog>().FindAsync(World.Platform, "hotel-mood", CancellationToken.None)).Value;
}
