using Microsoft.Extensions.DependencyInjection;
using Platform.Cli.Session;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Cli.Tests.Runs;

public sealed class RunsCommandTests
{
    private const string Findings =
        """{"strategy":"leaveOneOut","tasks":[],"map":{"method":"leaveOneOut","meaning":"What it is.","tasks":["mood","other"],"examples":[80,90],"rows":[20,30],"confidence":0.95,"effects":[[null,{"value":0.123,"low":0.05,"high":0.2}],[{"value":-0.01,"low":-0.04,"high":0.02},null]],"others":[{"value":-0.01,"low":-0.04,"high":0.02},{"value":0.123,"low":0.05,"high":0.2}]},"probe":null,"seconds":1}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Show_Map_ListsWhoHelpsAndHurtsWhom()
    {
        using var folder = new TestFolder();
        await AddRunAsync(folder, Findings);

        var text = (await CommandRun.OfAsync("runs", "show", "1", "--map", "--data", folder.Data)).Expect(0).Output;
        var json = (await CommandRun.OfAsync("runs", "show", "1", "--map", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Contains("+12.3*", text, StringComparison.Ordinal);
        Assert.Contains("+5.0 to +20.0", text, StringComparison.Ordinal);
        Assert.Contains("-1.0 ", text, StringComparison.Ordinal);
        Assert.Equal(0.123, json.GetProperty("effects")[0][1].GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Show_MapOfARunWithoutOne_SaysWhy()
    {
        using var folder = new TestFolder();
        await AddRunAsync(folder, null);

        Assert.Contains("no compatibility map", (await CommandRun.OfAsync("runs", "show", "1", "--map", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Override_Task_DecidesInTheFiltersPlace()
    {
        using var folder = new TestFolder();
        await AddRunAsync(folder, Findings);

        (await CommandRun.OfAsync("runs", "override", "1", "mood", "--keep", "--isolate", "--reason", "x", "--data", folder.Data)).Expect(2);
        var decided = (await CommandRun.OfAsync("runs", "override", "1", "mood", "--keep", "--reason", "The owners insist.", "--data", folder.Data, "--json")).Expect(0).Json;
        var last = (await CommandRun.OfAsync("runs", "override", "1", "mood", "--isolate", "--reason", "x", "--data", folder.Data)).Expect(1);

        Assert.Equal("kept", decided.GetProperty("decision").GetString());
        Assert.EndsWith("The owners insist.", decided.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("last task of the mixture", last.Error, StringComparison.Ordinal);
    }

    /// <summary>A run of one task whose stage 1 is done, through the real operations.</summary>
    private static async Task AddRunAsync(TestFolder folder, string? findings)
    {
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        var services = new ServiceCollection();
        services.AddLogging().AddPlatformDomain(PlatformSession.Settings(folder.Data));
        await using var provider = services.BuildServiceProvider();
        var admin = Actor.System("admin");
        var claims = provider.GetRequiredService<WorkClaims>();
        foreach (var id in await claims.FindUnclaimedAsync<DatasetVersion>(null, Cancellation))
            await provider.GetRequiredService<DatasetChecks>().RunAsync((await claims.TryClaimAsync<DatasetVersion>(id, "checker", Cancellation))!, _ => new CheckLimits(null, 0), Cancellation);
        var task = (await provider.GetRequiredService<TaskCatalog>().FindAsync(admin, "mood", Cancellation)).Value;
        var planned = await provider.GetRequiredService<RunPlanning>().PlanAsync(admin, new RunRequest(null, [task.Id], new Recipe(), "models/base"), Cancellation);
        Assert.True(planned.IsSuccess, planned.IsSuccess ? "" : planned.Summary);
        var claim = (await claims.TryClaimAsync<FineTuningRun>(planned.Value.Id, "jobs", Cancellation))!;
        var journal = provider.GetRequiredService<RunJournal>();
        await journal.StartAsync(claim, Cancellation);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Probe)], Cancellation);
        var step = (await journal.LoadAsync(planned.Value.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        await journal.CompleteStepAsync(claim, step.Id, findings, Cancellation);
    }
}
