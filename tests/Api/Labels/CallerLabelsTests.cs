using Platform.Domain.Tasks.Labels;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Labels;

public sealed class CallerLabelsTests
{
    private const string One = """{"inputs":[{"text":"a room"}]}""";

    private static readonly Actor Admin = Actor.System("admin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_LabelRenamed_EarlierCallersKeepTheNameAndNewOnesGetTheNewOne()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var earlier = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.Equal("good", await OutputAsync(api, earlier));

        var plan = new LabelPlan(LabelChangeKind.Rename, ["good"], [new LabelPart("satisfied")]);
        var renamed = await api.World.Get<LabelLifeCycle>().ApplyAsync(Admin, api.World.TaskId(TestTasks.Sentiment), plan, "Clearer.", keepOldNames: true, Cancellation);
        Assert.True(renamed.IsSuccess, renamed.IsFailure ? renamed.Summary : "");
        var later = await api.World.IssueKeyAsync(api.World.Hotels);

        await api.WaitAsync(async () => await OutputAsync(api, later) == "satisfied", "the new name");
        Assert.Equal("good", await OutputAsync(api, earlier));
        var body = await TestApi.BodyAsync(await api.PredictAsync(later, TestTasks.Sentiment, One));
        Assert.Contains("satisfied", body["predictions"]![0]!["alternatives"]!.AsArray().Select(one => (string?)one!["output"]));
        Assert.DoesNotContain("good", body["predictions"]![0]!["alternatives"]!.AsArray().Select(one => (string?)one!["output"]));
    }

    [Fact]
    public async Task Predict_LabelsMerged_TheirProbabilitiesAddUpForNewCallers()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var earlier = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.Equal("good", await OutputAsync(api, earlier));

        var plan = new LabelPlan(LabelChangeKind.Merge, ["bad", "mixed"], [new LabelPart("not good")]);
        Assert.True((await api.World.Get<LabelLifeCycle>().ApplyAsync(Admin, api.World.TaskId(TestTasks.Sentiment), plan, "Too fine.", keepOldNames: true, Cancellation)).IsSuccess);
        var later = await api.World.IssueKeyAsync(api.World.Hotels);

        // The model finds each of the three as likely as the others.
        await api.WaitAsync(async () => (await AlternativesAsync(api, later)).Count == 2, "the merged label");
        Assert.Equal(2.0 / 3, (await AlternativesAsync(api, later))["not good"], 1e-9);
        Assert.Equal(["bad", "good", "mixed"], (await AlternativesAsync(api, earlier)).Keys.Order());
    }

    private static async Task<string?> OutputAsync(TestApi api, Domain.Keys.IssuedKey key) =>
        (string?)(await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One)))["predictions"]![0]!["output"];

    private static async Task<Dictionary<string, double>> AlternativesAsync(TestApi api, Domain.Keys.IssuedKey key) =>
        (await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One)))["predictions"]![0]!["alternatives"]!.AsArray()
        .ToDictionary(one => (string)one!["output"]!, one => (double)one!["score"]!);
}
