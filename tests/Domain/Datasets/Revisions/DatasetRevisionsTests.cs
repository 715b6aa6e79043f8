using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Revisions;

namespace Platform.Domain.Tests.Datasets.Revisions;

public sealed class DatasetRevisionsTests
{
    private const string Train = """
        {"id":"a","input":{"text":"lovely","note":"kept"},"output":"good","extra":[1,2]}
        {"id":"b","input":{"text":"dirty"},"output":"bad"}
        {"id":"c","input":{"text":"dirty"},"output":"bad"}
        {"id":"d","input":{"text":"Größe 漢字"},"output":"good"}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SaveAsync_EditedAndLeftOutRows_BecomeANewVersionAndTheOldOneStays()
    {
        await using var database = await TestDatabase.CreateAsync();
        var version = await AddAsync(database);
        var revisions = database.Get<DatasetRevisions>();

        await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 1, Text: "lovely indeed", Output: "bad"), Cancellation);
        await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 2, Excluded: true), Cancellation);
        await revisions.SaveAsync(TestWorld.Admin, version.Id, Cancellation);
        var written = await WriteAsync(database, version);

        Assert.Equal(RevisionStatus.Stored, written.Status);
        Assert.Equal(
            ["""{"id":"a","input":{"text":"lovely indeed","note":"kept"},"output":"bad","extra":[1,2]}""", """{"id":"c","input":{"text":"dirty"},"output":"bad"}""", """{"id":"d","input":{"text":"Größe 漢字"},"output":"good"}"""],
            await LinesAsync(database, 2));
        Assert.Equal(4, (await LinesAsync(database, 1)).Length);
    }

    [Fact]
    public async Task ExcludeProblemAsync_LeavesOutEveryRowThatHasIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var version = await AddAsync(database);

        await database.Get<DatasetRevisions>().ExcludeProblemAsync(TestWorld.Admin, version.Id, "row_duplicate", isExcluded: true, Cancellation);
        await database.Get<DatasetRevisions>().SaveAsync(TestWorld.Admin, version.Id, Cancellation);
        await WriteAsync(database, version);

        Assert.DoesNotContain(await LinesAsync(database, 2), line => line.Contains("\"c\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SaveAsync_EverythingLeftOut_FailsWithAReason()
    {
        await using var database = await TestDatabase.CreateAsync();
        var version = await AddAsync(database);
        for (var line = 1; line <= 4; line++)
            await database.Get<DatasetRevisions>().ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, line, Excluded: true), Cancellation);
        await database.Get<DatasetRevisions>().SaveAsync(TestWorld.Admin, version.Id, Cancellation);

        var written = await WriteAsync(database, version);

        Assert.Equal(RevisionStatus.Failed, written.Status);
        Assert.Contains("train.jsonl has no rows", written.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangeRowAsync_UndoneOrUnknownOrOfAnotherTeam_ChangesNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var version = await AddAsync(database);
        var revisions = database.Get<DatasetRevisions>();
        await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 1, Excluded: true), Cancellation);

        var undone = await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 1), Cancellation);

        Assert.Empty(undone.Value.Rows);
        Assert.Equal("revision_empty", (await revisions.SaveAsync(TestWorld.Admin, version.Id, Cancellation)).Error.Code);
        Assert.Equal("row_unknown", (await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 5, Excluded: true), Cancellation)).Error.Code);
        Assert.Equal("dataset_unknown", (await revisions.ChangeRowAsync(TestWorld.MemberOf(), version.Id, new RowChange(Split.Train, 1, Excluded: true), Cancellation)).Error.Code);
        Assert.Null(await revisions.NewestAsync(TestWorld.MemberOf(), version.Id, Cancellation));
    }

    [Fact]
    public async Task ChangeRowAsync_WhileItIsWritten_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var version = await AddAsync(database);
        var revisions = database.Get<DatasetRevisions>();
        await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 1, Excluded: true), Cancellation);
        await revisions.SaveAsync(TestWorld.Admin, version.Id, Cancellation);

        var late = await revisions.ChangeRowAsync(TestWorld.Admin, version.Id, new RowChange(Split.Train, 2, Excluded: true), Cancellation);

        Assert.Equal("revision_under_way", late.Error.Code);
    }

    private static async Task<DatasetVersion> AddAsync(TestDatabase database)
    {
        var team = await database.AddTeamAsync();
        var imported = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("hotel-sentiment", train: Train), Cancellation);
        return await database.CheckAsync(imported.Value.Version.Id);
    }

    private static async Task<DatasetRevision> WriteAsync(TestDatabase database, DatasetVersion version)
    {
        var revision = await database.Get<DatasetRevisions>().NewestAsync(TestWorld.Admin, version.Id, Cancellation);
        var claim = await database.Get<WorkClaims>().TryClaimAsync<DatasetRevision>(revision!.Id, "jobs", Cancellation);
        return (await database.Get<RevisionWriting>().RunAsync(claim!, Cancellation)).Value;
    }

    private static async Task<string[]> LinesAsync(TestDatabase database, int number)
    {
        await using var context = database.Open();
        var path = context.DatasetVersions.Single(version => version.Number == number).ArtifactPath;
        return await File.ReadAllLinesAsync(Path.Combine(database.Folder, "artifacts", path, "train.jsonl"), Cancellation);
    }
}
