using Bunit;
using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Domain.WhatIf;
using Platform.Portal.Components.Pages.Tasks;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class WhatIfTests
{
    private const string Findings = """{"strategy":"leaveOneOut","tasks":[],"map":null,"probe":{"path":"probes/abc","sha256":"abc","sizeBytes":3},"seconds":2.5}""";

    private const string Answer =
        """{"task":"hotel-mood","onItself":{"task":"hotel-mood","effect":{"value":-0.1,"low":-0.2,"high":-0.05},"sentence":"In the mixture its loss would be 10.0 % lower."},"onNeighbours":[{"task":"known","effect":{"value":0.021,"low":-0.01,"high":0.05},"sentence":"No effect on known is proven."}],"trainRows":200,"validationRows":60,"confidence":0.95}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TaskWhatIf_NoProbe_SaysWhatItNeeds()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-mood");

        var section = Render(context, task);

        section.WaitForAssertion(() => Assert.Contains("No run has left a probe yet", section.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
        await section.Find("button").ClickAsync(new());
        section.WaitForAssertion(() => Assert.Contains("affinity or leaveOneOut; once its stage 1 is done", section.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TaskWhatIf_AskedAndAnswered_ShowsWaitingThenTheEffects()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await AddProbeAsync(context.World);
        var section = Render(context, task);
        section.WaitForElement("[data-state=empty]");

        await section.Find("button").ClickAsync(new());

        section.WaitForAssertion(() => Assert.Contains("waits for its turn", section.Find("[data-state=content]").TextContent, StringComparison.Ordinal));
        await EndAsync(context.World, task, (estimates, claim) => estimates.CompleteAsync(claim, Answer, Cancellation));
        var done = Render(context, task);
        done.WaitForAssertion(() => Assert.Contains("10.0 % lower", done.Find("[data-state=content]").TextContent, StringComparison.Ordinal));
        Assert.Contains("+2.1 %", done.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskWhatIf_Failed_SaysWhy()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await AddProbeAsync(context.World);
        await context.World.Get<WhatIfEstimates>().AskAsync(World.Platform, task.Id, Cancellation);
        await EndAsync(context.World, task, (estimates, claim) => estimates.FailAsync(claim, "The probe is damaged.", Cancellation));

        var section = Render(context, task);

        section.WaitForAssertion(() => Assert.Contains("There is no estimate: The probe is damaged.", section.Find("[role=alert]").TextContent, StringComparison.Ordinal));
    }

    private static IRenderedComponent<TaskWhatIf> Render(PortalContext context, TaskDefinition task) =>
        context.Render<TaskWhatIf>(parameters => parameters.Add(section => section.Task, task).Add(section => section.HasData, true));

    private static async Task<TaskDefinition> AddProbeAsync(World world)
    {
        var team = await world.AddTeamAsync("hotels", "Hotels");
        var (task, known) = (await world.AddReadyTaskAsync(team, "hotel-mood"), await world.AddReadyTaskAsync(team, "known"));
        var run = await world.PlanAsync(known);
        var claim = (await world.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Cancellation))!;
        var journal = world.Get<RunJournal>();
        await journal.StartAsync(claim, Cancellation);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Probe)], Cancellation);
        var step = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        await journal.CompleteStepAsync(claim, step.Id, Findings, Cancellation);
        return task;
    }

    private static async Task EndAsync(World world, TaskDefinition task, Func<WhatIfEstimates, Claim, Task> end)
    {
        var estimates = world.Get<WhatIfEstimates>();
        var asked = (await estimates.NewestAsync(task.Id, Cancellation))!;
        var claim = (await world.Get<WorkClaims>().TryClaimAsync<WhatIfEstimate>(asked.Id, "jobs", Cancellation))!;
        await estimates.StartAsync(claim, Cancellation);
        await end(estimates, claim);
    }
}
