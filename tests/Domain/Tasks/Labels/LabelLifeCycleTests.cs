using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Keys;
using Platform.Domain.Persistence;
using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;
using Platform.Domain.Teams;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Tasks.Labels;

public sealed class LabelLifeCycleTests
{
    private const string TaskJson = """
        {"name":"hotel-sentiment","kind":"classification","instruction":"Say whether the guest liked the stay.","labels":["good","bad","so-so"],"metric":"f1:good"}
        """;

    private static readonly string Train = string.Join('\n', Enumerable.Range(0, 12).Select(row => TestWorld.Row($"r{row}", $"room {(row % 2 == 0 ? "dirty" : "loud")} {row}", row % 3 == 0 ? "good" : row % 3 == 1 ? "bad" : "so-so")));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PreviewAsync_Rename_CountsRowsAndCallersAndChangesNothing()
    {
        await using var world = await World.CreateAsync();
        await world.CallAsync("booking-web", daysAgo: 3);
        await world.CallAsync("long-gone", daysAgo: 40);

        var preview = (await world.LifeCycle.PreviewAsync(TestWorld.Admin, world.Task.Id, Rename("good", "great"), Cancellation)).Value;

        Assert.Equal((4, 1, 1), (preview.Moves!.Single().Train, preview.Moves!.Single().Validation, preview.Moves!.Single().Test));
        Assert.Equal([("booking-web", 1L)], preview.Callers.Select(caller => (caller.Name, caller.Requests)));
        Assert.Equal(["great", "bad", "so-so"], preview.Labels);
        Assert.Equal("f1:great", preview.Metric);
        Assert.Equal(["good", "bad", "so-so"], (await world.FindAsync()).Labels);
        Assert.Empty(await world.LifeCycle.ListAsync(TestWorld.Admin, world.Task.Id, Cancellation));
    }

    [Fact]
    public async Task ApplyAsync_Rename_WritesRowsLabelSetsAndKeepsOldNamesForCallers()
    {
        await using var world = await World.CreateAsync();
        var key = await world.CallAsync("booking-web", daysAgo: 3);

        await world.LifeCycle.ApplyAsync(TestWorld.Admin, world.Task.Id, Rename("good", "great"), "Marketing says so.", keepOldNames: true, Cancellation);
        var version = await world.WriteAsync();

        var task = await world.FindAsync();
        Assert.Equal(["great", "bad", "so-so"], task.Labels);
        Assert.Equal("f1:great", task.Metric);
        Assert.Equal(DatasetStatus.Ready, version.Status);
        var known = await world.Database.Get<LabelCatalog>().ReadAsync(Cancellation);
        Assert.Equal("good", known.NamesFor(task.Id, key, task.Labels)!["great"]);
        Assert.Null(known.NamesFor(task.Id, Guid.NewGuid(), task.Labels));
        Assert.Equal("great", known.NamesFor(task.Id, Guid.NewGuid(), ["good", "bad", "so-so"])!["good"]);
        Assert.Equal([1, 2], (await world.LifeCycle.ListAsync(TestWorld.Admin, task.Id, Cancellation)).Select(set => set.Number));
        Assert.Equal(1, await world.Database.CountAuditAsync("task.labels_changed"));
    }

    [Fact]
    public async Task UnpinAsync_GivesTheNewNames()
    {
        await using var world = await World.CreateAsync();
        var key = await world.CallAsync("booking-web", daysAgo: 3);
        await world.LifeCycle.ApplyAsync(TestWorld.Admin, world.Task.Id, Rename("good", "great"), "Marketing says so.", keepOldNames: true, Cancellation);

        await world.LifeCycle.UnpinAsync(TestWorld.Admin, world.Task.Id, key, Cancellation);

        Assert.Empty(await world.LifeCycle.ListPinsAsync(TestWorld.Admin, world.Task.Id, Cancellation));
    }

    [Fact]
    public async Task ApplyAsync_Split_SendsRowsByTheirWordsAndTheRestToTheLastPart()
    {
        await using var world = await World.CreateAsync();
        var plan = new LabelPlan(LabelChangeKind.Split, ["bad"], [new LabelPart("unclean", "dirty"), new LabelPart("other")]);

        var preview = (await world.LifeCycle.PreviewAsync(TestWorld.Admin, world.Task.Id, plan, Cancellation)).Value;
        await world.LifeCycle.ApplyAsync(TestWorld.Admin, world.Task.Id, plan, "Two teams answer them.", keepOldNames: false, Cancellation);
        var version = await world.WriteAsync();

        Assert.Equal([("unclean", 2L), ("other", 2L)], preview.Moves!.Select(move => (move.To!, move.Train)));
        var summary = (await world.Database.Get<RowBrowser>().SummariseAsync(TestWorld.Admin, version.Id, Cancellation)).Value;
        Assert.Equal((2, 2), (summary.Labels.Single(label => label.Label == "unclean").Train, summary.Labels.Single(label => label.Label == "other").Train));
        Assert.Equal(["good", "unclean", "other", "so-so"], (await world.FindAsync()).Labels);
    }

    [Fact]
    public async Task ApplyAsync_MergeAndRetire_LeaveSoundData()
    {
        await using var world = await World.CreateAsync();

        await world.LifeCycle.ApplyAsync(TestWorld.Admin, world.Task.Id, new LabelPlan(LabelChangeKind.Merge, ["bad", "so-so"], [new LabelPart("bad")]), "Nobody tells them apart.", keepOldNames: false, Cancellation);
        var merged = await world.WriteAsync();

        Assert.Equal((DatasetStatus.Ready, 12), (merged.Status, merged.TrainRows));
        Assert.Equal(["good", "bad"], (await world.FindAsync()).Labels);
        var last = await world.LifeCycle.PreviewAsync(TestWorld.Admin, world.Task.Id, new LabelPlan(LabelChangeKind.Retire, ["bad"], []), Cancellation);
        Assert.Equal("task_labels_missing", last.Error.Code);
    }

    [Fact]
    public async Task PreviewAsync_UnusablePlan_SaysWhatIsWrong()
    {
        await using var world = await World.CreateAsync();

        Assert.Equal("label_unknown", await CodeAsync(Rename("unheard", "great")));
        Assert.Equal("label_taken", await CodeAsync(Rename("good", "bad")));
        Assert.Equal("label_plan_incomplete", await CodeAsync(new LabelPlan(LabelChangeKind.Merge, ["good"], [new LabelPart("x")])));
        Assert.Equal("label_split_rest", await CodeAsync(new LabelPlan(LabelChangeKind.Split, ["good"], [new LabelPart("x"), new LabelPart("y")])));
        Assert.Equal("task_metric_label_unknown", await CodeAsync(new LabelPlan(LabelChangeKind.Retire, ["good"], [])));
        Assert.Equal("task_unknown", (await world.LifeCycle.PreviewAsync(TestWorld.MemberOf(), world.Task.Id, Rename("good", "great"), Cancellation)).Error.Code);

        async Task<string> CodeAsync(LabelPlan plan) => (await world.LifeCycle.PreviewAsync(TestWorld.Admin, world.Task.Id, plan, Cancellation)).Error.Code;
    }

    [Fact]
    public async Task EditAsync_OtherLabels_AreANewSetWithoutSuccessors()
    {
        await using var world = await World.CreateAsync();

        await world.Database.Get<TaskCatalog>().EditAsync(TestWorld.Admin, world.Task.Id, TestWorld.Sentiment() with { Labels = ["good", "awful"] }, Cancellation);

        var sets = await world.LifeCycle.ListAsync(TestWorld.Admin, world.Task.Id, Cancellation);
        Assert.Equal([["good", "bad", "so-so"], ["good", "awful"]], sets.Select(set => set.Labels));
        Assert.Equal(["bad", "so-so"], sets[1].Changes.Single().From);
    }

    private static LabelPlan Rename(string from, string to) => new(LabelChangeKind.Rename, [from], [new LabelPart(to)]);

    private sealed class World(TestDatabase database, Team team, TaskDefinition task) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public TaskDefinition Task => task;

        public LabelLifeCycle LifeCycle => database.Get<LabelLifeCycle>();

        public static async Task<World> CreateAsync()
        {
            var database = await TestDatabase.CreateAsync();
            var team = await database.AddTeamAsync();
            var bundle = database.WriteBundle("hotel-sentiment", TaskJson, Train);
            var imported = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, bundle, Cancellation)).Value;
            await database.CheckAsync(imported.Version.Id);
            return new World(database, team, imported.Task);
        }

        public async Task<TaskDefinition> FindAsync() => (await database.Get<TaskCatalog>().FindAsync(TestWorld.Admin, task.Name, Cancellation)).Value;

        public async Task<Guid> CallAsync(string key, int daysAgo)
        {
            var issued = (await database.Get<ApiKeys>().IssueAsync(TestWorld.Admin, new KeyRequest(key, team.Id, [task.Id], null), Cancellation)).Value.Key;
            await database.Get<UsageLedger>().RecordAsync([new UsageRecord
            {
                AtMicroseconds = UnixTime.ToMicroseconds(database.Clock.Now.AddDays(-daysAgo)),
                RequestId = key,
                TaskId = task.Id,
                TeamId = team.Id,
                KeyId = issued.Id,
                ModelVersionId = Guid.NewGuid(),
                DeploymentId = Guid.NewGuid(),
                Inputs = 1,
                PromptTokens = 10,
                CachedTokens = 0,
                CompletionTokens = 1,
                DeviceMicroseconds = 10,
                CostNano = 1,
                Currency = "USD",
                Status = UsageStatus.Ok,
                LatencyMicroseconds = 10,
            }], Cancellation);
            return issued.Id;
        }

        /// <summary>What a jobs host does with a queued revision.</summary>
        public async Task<DatasetVersion> WriteAsync()
        {
            var claims = database.Get<WorkClaims>();
            var id = (await claims.FindUnclaimedAsync<DatasetRevision>(null, Cancellation)).Single();
            var written = await database.Get<RevisionWriting>().RunAsync((await claims.TryClaimAsync<DatasetRevision>(id, "jobs", Cancellation))!, Cancellation);
            return await database.CheckAsync(written.Value.ResultVersionId!.Value);
        }

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
