using Bunit;
using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;
using Platform.Portal.Components.Pages.Tasks;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class TaskLabelsTests
{
    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task LabelPreviewSection_Rename_SaysHowManyRowsAndApplications()
    {
        await using var context = await PortalContext.CreateAsync();
        var task = await AddAsync(context);
        var plan = new LabelPlan(LabelChangeKind.Rename, ["good"], [new LabelPart("great")]);
        var preview = (await context.World.Get<LabelLifeCycle>().PreviewAsync(World.Platform, task.Id, plan, Cancellation)).Value;
        (string Reason, bool Keep)? applied = null;

        var section = context.Render<LabelPreviewSection>(parameters => parameters
            .Add(one => one.Plan, plan).Add(one => one.Preview, preview).Add(one => one.Before, task.Labels).Add(one => one.BeforeMetric, task.Metric)
            .Add(one => one.OnApply, answer => applied = answer));
        Assert.Contains("It touches 240 rows of data version 1, and no application asked for the task lately.", section.Markup, StringComparison.Ordinal);
        await section.FindByLabel("Reason").InputAsync("Marketing says so.");
        await section.Find("form").SubmitAsync();

        Assert.Equal(("Marketing says so.", true), applied);
    }

    [Fact]
    public async Task TaskLabels_AfterAChange_ListsTheSets()
    {
        await using var context = await PortalContext.CreateAsync();
        var task = await AddAsync(context);
        await context.World.Get<LabelLifeCycle>().ApplyAsync(World.Platform, task.Id, new LabelPlan(LabelChangeKind.Rename, ["good"], [new LabelPart("great")]), "Marketing says so.", keepOldNames: true, Cancellation);

        var page = context.Render<TaskLabels>(parameters => parameters.Add(labels => labels.Name, task.Name));

        page.WaitForAssertion(() => Assert.Contains("'good' became 'great'", page.Markup, StringComparison.Ordinal));
        Assert.Contains("Set 2", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskLabels_TaskOfAnotherTeam_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context);
        await context.SignInAsync(isAdmin: false, "stranger@example.com");

        var page = context.Render<TaskLabels>(parameters => parameters.Add(labels => labels.Name, "hotel-sentiment"));

        Assert.Contains("Labels not found", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    private static async Task<TaskDefinition> AddAsync(PortalContext context)
    {
        await context.SignInAsync(isAdmin: true);
        context.Render<MudBlazor.MudPopoverProvider>();
        return await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
    }
}
