using System.Reflection;
using System.Text.RegularExpressions;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Models;
using Platform.Portal.Components;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Access;

/// <summary>Every interactive page, found by reflection and drawn as the browser would, for everybody who can be signed in.</summary>
public sealed partial class PageRuleTests
{
    private const string TaskName = "hotel-mood";

    [Theory]
    [InlineData(nameof(AccessRule.Stranger))]
    [InlineData(nameof(AccessRule.Member))]
    [InlineData(nameof(AccessRule.Admin))]
    public async Task Pages_Drawn_ShowWhatTheirRuleSays(string who)
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(who == nameof(AccessRule.Admin), $"{who.ToLowerInvariant()}@example.com");
        var intake = await BuildAsync(context, who == nameof(AccessRule.Member) ? [user] : [], who == nameof(AccessRule.Stranger) ? [user] : []);
        var navigation = context.Services.GetRequiredService<NavigationManager>();
        var drawn = context.Render<Routes>();
        List<string> wrong = [];
        foreach (var page in InteractivePages())
        {
            var path = page.Replace("{Name}", TaskName, StringComparison.Ordinal).Replace("{TaskName}", TaskName, StringComparison.Ordinal)
                .Replace("{Number:int}", "1", StringComparison.Ordinal).Replace("{Id:guid}", intake.ToString(), StringComparison.Ordinal);
            await drawn.InvokeAsync(() => navigation.NavigateTo(path));
            await drawn.WaitForStateAsync(() => !drawn.Markup.Contains("data-state=\"loading\"", StringComparison.Ordinal));
            var outcome = OutcomeOf(drawn.Markup);
            if (!AccessRules.Pages.TryGetValue(page, out var rule) || outcome != rule.Of(who))
                wrong.Add($"{page}: expected {rule?.Of(who)}, got {outcome?.ToString() ?? (drawn.FindAll("[data-state=error]") is [var problem, ..] ? problem.TextContent : "a page that broke")}");
        }

        Assert.True(wrong.Count == 0, $"{who}:\n{string.Join('\n', wrong)}");
    }

    /// <summary>Null for a page that failed.</summary>
    private static Outcome? OutcomeOf(string markup) =>
        markup.Contains("You have no access to this page", StringComparison.Ordinal) ? Outcome.Denied
        : NotFound().IsMatch(markup) ? Outcome.Missing
        : markup.Contains("data-state=\"error\"", StringComparison.Ordinal) || markup.Contains("This page broke", StringComparison.Ordinal) ? null
        : Outcome.Shown;

    [GeneratedRegex(@" not found\s*</(div|h1)>")]
    private static partial Regex NotFound();

    private static IEnumerable<string> InteractivePages() => typeof(Routes).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<ExcludeFromInteractiveRoutingAttribute>() is null)
        .SelectMany(type => type.GetCustomAttributes<RouteAttribute>().Select(route => route.Template))
        .Where(template => template is not "/error" and not "/not-found").Order(StringComparer.Ordinal);

    /// <summary>A task of the hotels' team with data, a run, a version, a deployment and a half-sent upload.</summary>
    private static async Task<Guid> BuildAsync(PortalContext context, IEnumerable<Guid> hotels, IEnumerable<Guid> flights)
    {
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", hotels), TaskName);
        await context.World.AddTeamAsync("flights", "Flights", flights);
        var run = await context.World.PlanAsync(task);
        await context.World.RequestAsync(await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task));
        return await context.World.AddIntakeAsync(task);
    }
}
