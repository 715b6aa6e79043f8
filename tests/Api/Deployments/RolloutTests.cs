using Microsoft.EntityFrameworkCore;
using Platform.Api.Serving;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests.Deployments;

/// <summary>Two versions beside each other: canary, shadow, promotion and one step back, of everything or of one task.</summary>
public sealed class RolloutTests
{
    private static readonly Actor Admin = Actor.System("admin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Canary_OfOneTask_AnswersThatTaskOnlyUntilItEnds()
    {
        var (api, key, models) = await ServeAsync();
        await using var _ = api;

        var trial = await api.World.BeginDeployingAsync(
            await api.World.AddModelAsync(seed: 2), new RolloutPlan(RolloutMode.Canary, 0, [new TaskShare(api.World.TaskId(TestTasks.Sentiment), 100)]));
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);

        Assert.Equal(1, await VersionAsync(api, key, TestTasks.Reply));
        Assert.Equal(DeploymentStatus.Trial, (await api.World.ReloadAsync(trial)).Status);
        Assert.True((await api.World.Get<DeploymentTrials>().EndAsync(Admin, trial.Id, "Worse than hoped.", Cancellation)).IsSuccess);
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 1);
        await api.WaitAsync(() => Task.FromResult(models[1].IsDisposed), "the trial's model to go");
    }

    [Fact]
    public async Task Canary_ShareOfTheTraffic_IsHeldAndCanBeChanged()
    {
        var (api, key, _) = await ServeAsync();
        await using var owned = api;
        var trial = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2), new RolloutPlan(RolloutMode.Canary, 30, []));
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);

        var seen = await Task.WhenAll(Enumerable.Range(0, 400).Select(_ => VersionAsync(api, key, TestTasks.Sentiment)));

        Assert.InRange(seen.Count(version => version == 2), 400 * 0.18, 400 * 0.42); // five standard deviations
        await api.World.Get<DeploymentTrials>().ChangeAsync(Admin, trial.Id, new RolloutPlan(RolloutMode.Canary, 100, []), "It holds.", Cancellation);
        await api.WaitAsync(async () => (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => VersionAsync(api, key, TestTasks.Sentiment)))).All(version => version == 2), "all of the traffic");
    }

    [Fact]
    public async Task Promote_UnderLoad_SwitchesWithoutLoadingAgainOrLosingARequest()
    {
        var (api, key, models) = await ServeAsync();
        await using var _ = api;
        var trial = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2), new RolloutPlan(RolloutMode.Canary, 50, []));
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Enumerable.Range(0, 4).Select(_ => CallUntilAsync(api, key, enough.Token)).ToList();

        Assert.True((await api.World.Get<DeploymentTrials>().PromoteAsync(Admin, trial.Id, "Better.", Cancellation)).IsSuccess);
        await api.WaitAsync(() => Task.FromResult(models[0].IsDisposed), "the old model to go");
        await enough.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(2, models.Count);
        Assert.Equal(2, await VersionAsync(api, key, TestTasks.Reply));
        Assert.Equal(DeploymentStatus.Live, (await api.World.ReloadAsync(trial)).Status);
    }

    [Fact]
    public async Task Shadow_CopiesOfRequests_AreComparedAndNobodyPaysForThem()
    {
        var (api, key, _) = await ServeAsync(second: "bad");
        await using var owned = api;
        var trial = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2), new RolloutPlan(RolloutMode.Shadow, 100, []));
        await api.WaitAsync(() => Task.FromResult(api.World.Get<ServingState>().Routing.Trial is not null), "the shadow");

        for (var i = 0; i < 10; i++)
            Assert.Equal(1, await VersionAsync(api, key, TestTasks.Sentiment));
        var comparisons = api.World.Get<TrialComparisons>();
        await api.WaitAsync(async () => (await comparisons.ListAsync(trial.Id, Cancellation)).Sum(row => row.Inputs) == 10, "the comparisons");

        var comparison = Assert.Single(await comparisons.ListAsync(trial.Id, Cancellation));
        Assert.Equal((TestTasks.Sentiment, 0, 0), (comparison.Task!.Name, comparison.Same, comparison.Failed));
        await using var context = api.World.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
        Assert.Equal((10, 10), (records.Count(record => record.Status == UsageStatus.Ok), records.Count(record => record.Status == UsageStatus.Shadow)));
        Assert.All(records, record => Assert.Equal(record.Status == UsageStatus.Shadow, record.DeploymentId == trial.Id));
        Assert.Equal(api.World.Get<ServingState>().Routing.Trial!.BusyMicroseconds, records.Where(record => record.Status == UsageStatus.Shadow).Sum(record => record.DeviceMicroseconds));
        var day = api.World.Get<TimeProvider>().GetUtcNow();
        var usage = await api.World.Get<UsageQuery>().SummariseAsync(Admin, new UsageFilter(day.AddDays(-1), day.AddDays(1)), UsageGrouping.Task, Cancellation);
        Assert.Equal(10, usage.Sum(row => row.Requests));
    }

    [Fact]
    public async Task RollBack_OfEverything_BringsBackWhatWasLiveBefore()
    {
        var (api, key, _) = await ServeAsync();
        await using var owned = api;
        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2));
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);

        var back = await api.World.Get<RollBacks>().EverythingAsync(Admin, "Complaints.", Cancellation);

        Assert.Equal(1, back.Value.Number);
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 1);
        await using var context = api.World.Open();
        Assert.Equal([DeploymentStatus.Live, DeploymentStatus.Retired], await context.Deployments.OrderBy(found => found.Number).Select(found => found.Status).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task RollBack_OfOneTask_LeavesTheOthersWhereTheyAre()
    {
        var (api, key, models) = await ServeAsync();
        await using var _ = api;
        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2));
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);
        var rollBacks = api.World.Get<RollBacks>();

        Assert.True((await rollBacks.TaskAsync(Admin, TestTasks.Sentiment, null, "Worse on short reviews.", Cancellation)).IsSuccess);
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 1);
        Assert.Equal(2, await VersionAsync(api, key, TestTasks.Reply));

        await using var replica = api.StartAgain(new FakeLoader(folder => new FakeModel()));
        await replica.WaitAsync(async () => (await replica.GetAsync("/readyz")).IsSuccessStatusCode && replica.World.Get<ServingState>().Routing.Pins.Count == 1, "a replica to follow");
        Assert.Equal((1, 2), (await VersionAsync(replica, key, TestTasks.Sentiment), await VersionAsync(replica, key, TestTasks.Reply)));

        Assert.True((await rollBacks.LiftAsync(Admin, TestTasks.Sentiment, "Mended.", Cancellation)).IsSuccess);
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);
        await api.WaitAsync(() => Task.FromResult(models[2].IsDisposed), "the earlier model to go");
    }

    [Fact]
    public async Task Certificate_OfALiveDeployment_SaysWhatWasCheckedAndIsHashed()
    {
        await using var api = await TestApi.StartServingAsync();
        await using var context = api.World.Open();

        var deployment = await context.Deployments.AsNoTracking().SingleAsync(Cancellation);

        var certificate = ParityCertificate.Parse(deployment.CertificateJson!);
        Assert.Equal(deployment.CertificateSha256, certificate.Sha256);
        Assert.Equal(certificate.Samples, certificate.SameAlone);
        Assert.Equal(certificate.InBatches, certificate.SameInBatches);
    }

    [Fact]
    public async Task Certificate_SamplesOverHttpUnderLoad_GetTheRecordedAnswers()
    {
        List<ParitySample> samples = [];
        await using var api = await TestApi.StartServingAsync();
        var recorded = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2, folder => samples.AddRange(RecordIn(folder))));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(recorded)).Status == DeploymentStatus.Live, "the recorded model to go live");
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await UntilVersionAsync(api, key, TestTasks.Sentiment, 2);
        var certificate = ParityCertificate.Parse((await api.World.ReloadAsync(recorded)).CertificateJson!);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Enumerable.Range(0, 6).Select(_ => CallUntilAsync(api, key, enough.Token)).ToList();

        var answers = await Task.WhenAll(samples.Select(async sample => (await TestApi.BodyAsync(
            await api.PredictAsync(key, sample.Task, new { inputs = new[] { new { text = sample.Text, text2 = sample.Text2 } } })))["predictions"]![0]!));
        await enough.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal((samples.Count, samples.Count), (certificate.Samples, certificate.SameAlone));
        Assert.True(certificate.BitwiseSame);
        Assert.All(samples.Zip(answers), pair =>
        {
            Assert.Equal(pair.First.Output, (string?)pair.Second["output"]);
            Assert.Equal(pair.First.Score, (double)pair.Second["score"]!, ParitySample.ScoreTolerance);
        });
    }

    /// <summary>As the registration of a model version does.</summary>
    private static IReadOnlyList<ParitySample> RecordIn(string folder)
    {
        using var model = MultiTaskModel.Load(folder);
        string[] texts = ["the room was clean", "late again", "we loved the pool and the view", "no"];
        var samples = ParitySample.Record(
            model, new[] { TestTasks.Sentiment, TestTasks.Reply }.SelectMany(task => texts.Select((text, row) => (task, new Example($"{row}", text, null, "", [])))), Cancellation);
        ParitySample.Write(folder, samples);
        return samples;
    }

    /// <summary>The first deployment serves with a fake model; those that follow get more of them.</summary>
    private static async Task<(TestApi Api, IssuedKey Key, List<FakeModel> Models)> ServeAsync(string second = "good")
    {
        List<FakeModel> models = [];
        var api = await TestApi.StartServingAsync(new FakeLoader(_ =>
        {
            models.Add(new FakeModel { Answer = models.Count == 0 ? "good" : second });
            return models[^1];
        }));
        return (api, await api.World.IssueKeyAsync(api.World.Hotels), models);
    }

    private static async Task<int> VersionAsync(TestApi api, IssuedKey key, string task) =>
        (int)(await TestApi.BodyAsync(await api.PredictAsync(key, task, """{"inputs":[{"text":"the room was clean"}]}""")))["model_version"]!;

    private static Task UntilVersionAsync(TestApi api, IssuedKey key, string task, int version) =>
        api.WaitAsync(async () => await VersionAsync(api, key, task) == version, $"version {version}");

    private static async Task CallUntilAsync(TestApi api, IssuedKey key, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            await VersionAsync(api, key, TestTasks.Sentiment);
    }
}
