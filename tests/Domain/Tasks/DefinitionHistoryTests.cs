using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;

namespace Platform.Domain.Tests.Tasks;

public sealed class DefinitionHistoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_EditedAndLabelsRenamed_HasEachVersionWithWhatChanged()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var member = TestWorld.MemberOf(team);
        var catalog = database.Get<TaskCatalog>();
        var task = (await catalog.RegisterAsync(member, team.Id, TestWorld.Sentiment(), Cancellation)).Value;
        Assert.True((await catalog.EditAsync(member, task.Id, TestWorld.Sentiment() with { Instruction = "Glad or not?", AbstainBelow = 0.6 }, Cancellation)).IsSuccess);
        var plan = new LabelPlan(LabelChangeKind.Rename, ["bad"], [new LabelPart("poor")]);
        Assert.True((await database.Get<LabelLifeCycle>().ApplyAsync(member, task.Id, plan, "It sounded harsh.", keepOldNames: false, Cancellation)).IsSuccess);

        var versions = (await database.Get<DefinitionHistory>().ListAsync(member, task.Id, Cancellation)).Value;

        Assert.Equal([3, 2, 1], versions.Select(version => version.Number));
        Assert.Equal([new DefinitionChange("labels", "good, bad", "good, poor")], versions[0].Changes);
        Assert.Equal("It sounded harsh.", versions[0].Reason);
        Assert.Equal(["instruction", "abstainBelow"], versions[1].Changes.Select(change => change.Field));
        Assert.Equal(("0.6", null), (versions[1].Changes[1].After, versions[1].Changes[1].Before));
        Assert.Empty(versions[2].Changes);

        // The first one, as a form takes it up, is what was registered.
        var first = versions[2].Definition;
        Assert.Empty(TaskRules.Validate(first));
        Assert.Equal((TestWorld.Sentiment().Instruction, "classification", null), (first.Instruction, first.Kind, first.AbstainBelow));
        Assert.Equal(["good", "bad"], first.Labels);
    }

    [Fact]
    public async Task ListAsync_OfAnotherTeam_IsUnknown()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = (await database.Get<TaskCatalog>().RegisterAsync(TestWorld.Admin, team.Id, TestWorld.Sentiment(), Cancellation)).Value;

        var versions = await database.Get<DefinitionHistory>().ListAsync(TestWorld.MemberOf(), task.Id, Cancellation);

        Assert.Equal("task_unknown", versions.Error.Code);
    }
}
