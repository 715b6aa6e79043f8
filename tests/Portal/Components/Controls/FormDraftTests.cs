using Bunit;
using Microsoft.AspNetCore.DataProtection;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Portal.Components.Pages.Runs;
using Platform.Portal.Components.Pages.Tasks;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Controls;

public sealed class FormDraftTests
{
    private const string Instruction = "Say in one word how the guest felt.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TaskForm_CircuitLost_ComesBackFromTheBrowserAndOnlyThere()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        await context.World.AddTeamAsync("hotels", "Hotels", user);
        var (key, payload) = await TypeAsync(context, user);
        Assert.DoesNotContain("guest felt", payload, StringComparison.Ordinal);

        // A new circuit in the same tab.
        context.JSInterop.Setup<string?>("sessionStorage.getItem", key).SetResult(payload);
        var again = context.Render<RegisterTask>();

        again.WaitForAssertion(() => Assert.Contains("What you had typed here is back", again.Markup, StringComparison.Ordinal));
        Assert.Equal("hotel-mood", again.FindByLabel("Name").GetAttribute("value"));
        Assert.Contains(Instruction, again.Markup, StringComparison.Ordinal);
        await again.FindButton("Start afresh").ClickAsync(new());
        Assert.DoesNotContain(Instruction, again.Markup, StringComparison.Ordinal);
        Assert.Contains(context.JSInterop.Invocations, call => call.Identifier == "sessionStorage.removeItem" && Equals(call.Arguments[0], key));
    }

    [Fact]
    public async Task TaskForm_AnotherUserInTheSameTab_GetsNothing()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        var team = await context.World.AddTeamAsync("hotels", "Hotels", user);
        var (key, payload) = await TypeAsync(context, user);

        var other = await context.SignInAsync(isAdmin: false, "other@example.com");
        await context.World.Get<TeamDirectory>().AddMemberAsync(World.Platform, team.Id, other, Cancellation);
        context.JSInterop.Setup<string?>("sessionStorage.getItem", key).SetResult(payload);
        var page = context.Render<RegisterTask>();
        page.WaitForElement("form");

        Assert.DoesNotContain("is back", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(Instruction, page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskForm_Registered_LeavesNoDraft()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        await context.World.AddTeamAsync("hotels", "Hotels", user);
        var page = context.Render<RegisterTask>();
        page.WaitForElement("form");

        await page.FindByLabel("Name").ChangeAsync("hotel-mood");
        await page.FindByLabel("Instruction").ChangeAsync(Instruction);
        await page.FindByLabel("Labels").ChangeAsync("glad\ncross");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains(context.JSInterop.Invocations, call => call.Identifier == "sessionStorage.removeItem"));
        Assert.True((await context.World.Get<TaskCatalog>().FindAsync(World.Platform, "hotel-mood", Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task PlanRun_CircuitLost_BringsBackNameTasksAndRecipe()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: true);
        var team = await context.World.AddTeamAsync("hotels", "Hotels");
        await context.World.AddReadyTaskAsync(team, "hotel-mood");
        var page = context.Render<PlanRun>();
        page.WaitForElement("form");

        await page.FindButton("Choose none").ClickAsync(new());
        await page.FindByLabel("Name of the run").ChangeAsync("first try");
        var (key, payload) = await StoredAsync(context, user, "first try");
        context.JSInterop.Setup<string?>("sessionStorage.getItem", key).SetResult(payload);
        var again = context.Render<PlanRun>();

        again.WaitForAssertion(() => Assert.Contains("is back", again.Markup, StringComparison.Ordinal));
        Assert.Equal("first try", again.FindByLabel("Name of the run").GetAttribute("value"));
        Assert.Contains("0 chosen", again.Markup, StringComparison.Ordinal);
    }

    private static async Task<(string Key, string Payload)> TypeAsync(PortalContext context, Guid user)
    {
        var page = context.Render<RegisterTask>();
        page.WaitForElement("form");
        await page.FindByLabel("Name").ChangeAsync("hotel-mood");
        await page.FindByLabel("Instruction").ChangeAsync(Instruction);
        return await StoredAsync(context, user, Instruction);
    }

    /// <summary>What typing has left in the browser. Keeping a draft draws nothing, so that there is no event to wait for.</summary>
    private static async Task<(string Key, string Payload)> StoredAsync(PortalContext context, Guid user, string typed)
    {
        var protector = context.World.Get<IDataProtectionProvider>().CreateProtector($"Platform.FormDraft.{user:N}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            foreach (var call in context.JSInterop.Invocations.Where(call => call.Identifier == "sessionStorage.setItem").ToList())
                if (protector.Unprotect((string)call.Arguments[1]!).Contains(typed, StringComparison.Ordinal))
                    return ((string)call.Arguments[0]!, (string)call.Arguments[1]!);
            await Task.Delay(20, deadline.Token);
        }
    }
}
