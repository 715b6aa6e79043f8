using Platform.Domain.Deployments;
using Platform.Domain.Models;

namespace Platform.Domain.Tests.Models;

public sealed class ModelRegistryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SummariseAsync_SeveralVersions_ComeNewestFirstByPageWithTheirVerdicts()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (first, second) = (await database.AddReadyTaskAsync(team, "first"), await database.AddReadyTaskAsync(team, "second"));
        await database.AddModelAsync([first, second], change: evaluation => evaluation.TaskId == first.Id ? evaluation with { Verdict = GateVerdict.Fail } : evaluation);
        await database.AddModelAsync(first);
        await database.AddModelAsync(second);

        var newest = await database.Get<ModelRegistry>().SummariseAsync(0, 2, Cancellation);
        var oldest = Assert.Single(await database.Get<ModelRegistry>().SummariseAsync(2, 2, Cancellation));

        Assert.Equal([3, 2], newest.Select(version => version.Number));
        Assert.Equal((1, 1, 2), (oldest.Number, oldest.RunNumber, oldest.Tasks));
        Assert.Equal((1, 1), (oldest.Verdicts[GateVerdict.Fail], oldest.Verdicts[GateVerdict.Pass]));
    }

    [Fact]
    public async Task CurrentScoresAsync_OneLiveAndOneNewer_PrefersTheLiveOneForTheTasksThatItKnows()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (both, newer, never) = (await database.AddReadyTaskAsync(team, "both"), await database.AddReadyTaskAsync(team, "newer"), await database.AddReadyTaskAsync(team, "never"));
        var live = await database.AddModelAsync(both);
        await database.AddModelAsync([both, newer]);
        var last = await database.AddModelAsync([both, newer]);
        var claim = await database.BeginDeployingAsync((await database.ApproveAsync(live)).Id);
        await database.Get<DeploymentRollout>().ActivateAsync(claim, TestWorld.Admin, null, Cancellation);

        var liveVersion = await database.Get<DeploymentRollout>().FindLiveVersionAsync(Cancellation);
        var scores = await database.Get<ModelRegistry>().CurrentScoresAsync([both.Id, newer.Id, never.Id], liveVersion!.Id, Cancellation);
        var history = await database.Get<ModelRegistry>().ScoresAsync(both.Id, 2, Cancellation);

        Assert.Equal((live.Id, 1), (liveVersion!.Id, liveVersion.Number));
        Assert.Equal((1, last.Number), (scores[both.Id].Version.Number, scores[newer.Id].Version.Number));
        Assert.False(scores.ContainsKey(never.Id));
        Assert.Equal([3, 2], history.Select(score => score.Version.Number));
        Assert.All(history, score => Assert.Equal(both.Id, score.Evaluation.TaskId));
    }

    [Fact]
    public async Task CurrentScoresAsync_NothingLive_TakesTheNewestOfTheAskedTasksOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (asked, other) = (await database.AddReadyTaskAsync(team, "asked"), await database.AddReadyTaskAsync(team, "other"));
        await database.AddModelAsync([asked, other]);
        await database.AddModelAsync([asked, other]);

        Assert.Null(await database.Get<DeploymentRollout>().FindLiveVersionAsync(Cancellation));
        var score = Assert.Single(await database.Get<ModelRegistry>().CurrentScoresAsync([asked.Id], null, Cancellation));

        Assert.Equal((asked.Id, 2), (score.Key, score.Value.Version.Number));
    }
}
