using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Setup;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Artifacts;

public sealed class ArtifactCleanupTests(S3ServerFixture fixture) : IClassFixture<S3ServerFixture>
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(24);

    private readonly string prefix = Guid.NewGuid().ToString("N");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<string> CommitAsync(ArtifactStore store, string text)
    {
        using var staging = store.Stage(ArtifactStore.Reports);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "report.json"), text, Cancellation);
        return (await staging.CommitAsync(Cancellation)).Value.Path;
    }

    private static async Task<DatasetVersion> UploadAsync(TestDatabase database)
    {
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        using var staging = database.Get<DatasetUploads>().Stage();
        foreach (var split in Splits.All)
        {
            var rows = string.Join("\n", Enumerable.Range(0, 4).Select(row => TestWorld.Row($"{split}-{row}", $"{split} room {row}", row % 2 == 0 ? "good" : "bad")));
            await staging.AddAsync(split, split.FileName(), new MemoryStream(Encoding.UTF8.GetBytes(rows)), Cancellation);
        }

        var stored = (await database.Get<DatasetUploads>().StoreAsync(TestWorld.Admin, task.Id, staging, Cancellation)).Value.Version;
        return await database.CheckAsync(stored.Id);
    }

    /// <summary>With clocks that agree: objects and folders bear the machine's time.</summary>
    private static async Task<(string Lost, DatasetVersion Data)> FillAsync(TestDatabase database)
    {
        database.Clock.Now = TimeProvider.System.GetUtcNow();
        return (await CommitAsync(database.Get<ArtifactStore>(), "nobody's"), await UploadAsync(database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CollectAsync_NothingRefersToIt_GoesAfterTheGraceTimeOnly(bool isRemote)
    {
        var server = isRemote ? await fixture.ServerAsync() : null;
        await using var database = await TestDatabase.CreateAsync(server?.Settings(prefix) ?? []);
        var (lost, data) = await FillAsync(database);
        var cleanup = database.Get<ArtifactCleanup>();

        var early = (await cleanup.CollectAsync(isDryRun: false, Cancellation)).Value;
        database.Clock.Advance(Grace + TimeSpan.FromMinutes(5));
        var asked = (await cleanup.CollectAsync(isDryRun: true, Cancellation)).Value;
        var late = (await cleanup.CollectAsync(isDryRun: false, Cancellation)).Value;

        Assert.Empty(early.Removed);
        Assert.Equal([lost], asked.Removed);
        Assert.Equal([lost], late.Removed);
        Assert.Equal(isRemote ? 2 : 1, late.Kept);
        Assert.True((await database.Get<ArtifactStore>().VerifyAsync(data.ArtifactPath, data.Sha256, Cancellation)).IsSuccess);
        if (server is not null)
            Assert.DoesNotContain(server.Objects(prefix), key => key.Contains(lost, StringComparison.Ordinal));
        else
            Assert.False(Directory.Exists(database.Get<ArtifactStore>().FullPath(lost)));
    }

    [Fact]
    public async Task CollectAsync_AddedAgain_BeginsItsGraceTimeAnew()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (lost, _) = await FillAsync(database);
        database.Clock.Advance(Grace + TimeSpan.FromMinutes(5));
        await CommitAsync(database.Get<ArtifactStore>(), "nobody's");

        Assert.Empty((await database.Get<ArtifactCleanup>().CollectAsync(isDryRun: false, Cancellation)).Value.Removed);
        Assert.True(Directory.Exists(database.Get<ArtifactStore>().FullPath(lost)));
    }

    [Fact]
    public async Task ReadAsync_OnAHostWithAFolderOfItsOwn_ShowsTheRows()
    {
        var server = await fixture.ServerAsync();
        await using var database = await TestDatabase.CreateAsync(server.Settings(prefix));
        var (_, data) = await FillAsync(database);
        await using var other = database.OnAnotherHost(server.Settings(prefix));

        var page = (await other.Get<RowBrowser>().ReadAsync(TestWorld.Admin, data.Id, new RowFilter(Words: "room"), 0, 50, Cancellation)).Value;

        Assert.NotNull(data.RowIndexPath);
        Assert.Equal(12, page.Rows.Count);
        Assert.NotEqual(database.Get<ArtifactStore>().Root, other.Get<ArtifactStore>().Root);
    }

    [Fact]
    public async Task RunAsync_UploadThatCameInOnAnotherHost_IsReadFromTheStore()
    {
        var server = await fixture.ServerAsync();
        await using var database = await TestDatabase.CreateAsync(server.Settings(prefix));
        await using var other = database.OnAnotherHost(server.Settings(prefix));
        var rows = Encoding.UTF8.GetBytes(TestWorld.Row("a", "lovely room", "good") + "\n" + TestWorld.Row("b", "dirty room", "bad") + "\n");
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(TestWorld.Admin, task.Name, [.. Splits.All.Select(split => new IntakeFile(split, split.FileName(), rows.Length, 1))], Cancellation)).Value;
        foreach (var split in Splits.All)
            await intakes.AppendAsync(TestWorld.Admin, intake.Id, split, 0, new MemoryStream(rows), Cancellation);

        var ended = (await intakes.EndReceivingAsync(TestWorld.Admin, intake.Id, Cancellation)).Value;
        var again = (await intakes.EndReceivingAsync(TestWorld.Admin, intake.Id, Cancellation)).Value;
        var claim = await other.Get<WorkClaims>().TryClaimAsync<DatasetIntake>(intake.Id, "test", Cancellation);
        var read = (await other.Get<IntakeReading>().RunAsync(claim!, Cancellation)).Value;

        Assert.Equal((IntakeStatus.Queued, IntakeStatus.Queued), (ended.Status, again.Status));
        Assert.Equal((IntakeStatus.Stored, 6), (read.Status, read.RowsRead));
        Assert.Equal(rows.Length, intakes.Received(ended)[Split.Train]);
        Assert.Empty(Directory.GetFiles(Path.Combine(database.Folder, "uploads"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task PushAsync_FolderOfBefore_BringsItOverWithTheRowIndexes()
    {
        var server = await fixture.ServerAsync();
        await using var database = await TestDatabase.CreateAsync();
        var (_, data) = await FillAsync(database);
        var refused = (await database.Get<ArtifactPush>().RunAsync(null, Cancellation)).Error;
        await using var moved = database.OnThisHost(server.Settings(prefix));
        await using var other = database.OnAnotherHost(server.Settings(prefix));

        var missing = (await other.Get<ArtifactPush>().RunAsync(null, Cancellation)).Value;
        var pushed = (await moved.Get<ArtifactPush>().RunAsync(null, Cancellation)).Value;

        Assert.Equal("store_is_folder", refused.Code);
        Assert.Equal([data.ArtifactPath], missing.Missing);
        Assert.Equal(2, pushed.Pushed);
        Assert.Empty(pushed.Missing);
        Assert.Equal(12, (await other.Get<RowBrowser>().ReadAsync(TestWorld.Admin, data.Id, new RowFilter(), 0, 50, Cancellation)).Value.Rows.Count);
    }
}
