using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Artifacts;
using Platform.Domain.Keys;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.Backups;
using Platform.Domain.Setup;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Persistence.Backups;

/// <summary>From one installation to another, with the database that the suite is on: a file, or a real cluster with its own pg_dump.</summary>
public sealed class InstallationBackupTests : IAsyncLifetime
{
    private readonly string backups = Directory.CreateTempSubdirectory("platform-backups-").FullName;
    private readonly string target = Directory.CreateTempSubdirectory("platform-restored-").FullName;
    private TestDatabase database = null!;
    private TestDatabaseCopy empty = null!;
    private ServiceProvider restored = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        empty = await TestDatabaseCopy.CreateAsync(target, isMigrated: false);
        restored = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(database.Clock)
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(empty.Settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build())
            .BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await restored.DisposeAsync();
        await empty.DisposeAsync();
        await database.DisposeAsync();
        Directory.Delete(backups, recursive: true);
        Directory.Delete(target, recursive: true);
    }

    [Fact]
    public async Task RestoreAsync_IntoNothing_HasRowsKeysAndArtifactsAndGoesOn()
    {
        var (secret, artifact) = await FillAsync();

        var report = await BackUpAsync();
        var result = await RestoreAsync(report.Folder);

        Assert.True(result.IsSuccess, result.IsSuccess ? "" : result.Summary);
        await restored.MigratePlatformAsync(Cancellation);
        await using (var from = database.Open())
        await using (var to = await restored.GetRequiredService<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync(Cancellation))
        {
            Assert.Equal(50, await to.UsageRecords.CountAsync(Cancellation));
            Assert.Equal(
                await from.UsageRecords.OrderBy(row => row.Id).Select(row => new { row.Id, row.RequestId, row.CostNano }).ToListAsync(Cancellation),
                await to.UsageRecords.OrderBy(row => row.Id).Select(row => new { row.Id, row.RequestId, row.CostNano }).ToListAsync(Cancellation));
        }

        Assert.True((await restored.GetRequiredService<ApiKeys>().VerifyHeaderAsync($"Bearer {secret}", Cancellation)).IsSuccess);
        Assert.True((await restored.GetRequiredService<ArtifactStore>().VerifyAsync(artifact.Path, artifact.Sha256, Cancellation)).IsSuccess);
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(target, "keys", "key-1.xml"), Cancellation));

        // Billing goes on: numbers that the database hands out do not start again.
        await restored.GetRequiredService<UsageLedger>().BillAsync([UsageDrafts.Draft(database.Clock.Now)], Cancellation);
    }

    [Fact]
    public async Task WriteAsync_SecondBackup_CopiesOnlyWhatIsNew()
    {
        await FillAsync();
        await BackUpAsync();
        database.Clock.Advance(TimeSpan.FromHours(1));
        await CommitAsync("a second model");

        var second = await BackUpAsync();

        Assert.Equal("a second model".Length + "secret".Length, second.CopiedBytes);
        Assert.Equal(2, Directory.GetFiles(backups, BackupManifest.FileName, SearchOption.AllDirectories).Length);
        Assert.True((await RestoreAsync(second.Folder)).IsSuccess);
    }

    [Fact]
    public async Task WriteAsync_TwiceInASecond_LeavesTheFirstAsItIs()
    {
        await FillAsync();
        var first = await BackUpAsync();

        Assert.Equal("backup_exists", (await database.Get<InstallationBackup>().WriteAsync(backups, null, Cancellation)).Error.Code);
        Assert.True((await RestoreAsync(first.Folder)).IsSuccess);
    }

    [Fact]
    public async Task WriteAsync_OnUnix_IsForItsOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }

        await FillAsync();

        var report = await BackUpAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(report.Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(backups, "data", "keys", "key-1.xml")));
    }

    [Fact]
    public async Task RestoreAsync_WhereADatabaseIs_IsRefusedAndChangesNothing()
    {
        await FillAsync();
        var report = await BackUpAsync();
        Assert.True((await RestoreAsync(report.Folder)).IsSuccess);

        Assert.Equal(BackupErrors.TargetNotEmptyCode, (await RestoreAsync(report.Folder)).Error.Code);
    }

    [Fact]
    public async Task RestoreAsync_BrokenOffBackup_SaysThatItIsNone()
    {
        await FillAsync();
        var report = await BackUpAsync();
        File.Delete(Path.Combine(report.Folder, BackupManifest.FileName));

        Assert.Contains("broken off", (await RestoreAsync(report.Folder)).Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("database")]
    [InlineData("artifact")]
    [InlineData("absent")]
    [InlineData("outside")]
    public async Task RestoreAsync_DamagedBackup_IsRefusedAndThenTakenFromASoundOne(string damage)
    {
        var (_, artifact) = await FillAsync();
        var report = await BackUpAsync();
        var (file, manifest) = (Path.Combine(backups, "data", "artifacts", artifact.Path, "weights"), Path.Combine(report.Folder, BackupManifest.FileName));
        var sound = (Weights: await File.ReadAllBytesAsync(file, Cancellation), Manifest: await File.ReadAllTextAsync(manifest, Cancellation));
        var copy = Path.Combine(report.Folder, report.Manifest.Database);
        switch (damage)
        {
            case "database":
                await FlipAsync(copy);
                break;
            case "artifact":
                await FlipAsync(file);
                break;
            case "absent":
                File.Delete(file);
                break;
            default:
                await File.WriteAllTextAsync(manifest, sound.Manifest.Replace("keys/key-1.xml", "keys/../../key-1.xml", StringComparison.Ordinal), Cancellation);
                break;
        }

        Assert.True((await RestoreAsync(report.Folder)).IsFailure);

        if (damage == "database")
            await FlipAsync(copy);
        await File.WriteAllBytesAsync(file, sound.Weights, Cancellation);
        await File.WriteAllTextAsync(manifest, sound.Manifest, Cancellation);
        Assert.True((await RestoreAsync(report.Folder)).IsSuccess);
    }

    private static async Task FlipAsync(string file)
    {
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancellation);
    }

    private async Task<(string Secret, StoredArtifact Artifact)> FillAsync()
    {
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "hotel-sentiment");
        var key = await database.Get<ApiKeys>().IssueAsync(TestWorld.Admin, new KeyRequest("shop", team.Id, [task.Id], null), Cancellation);
        await database.Get<UsageLedger>().BillAsync([.. Enumerable.Range(0, 50).Select(_ => UsageDrafts.Draft(database.Clock.Now, team: team.Id))], Cancellation);
        Directory.CreateDirectory(Path.Combine(database.Folder, "keys"));
        await File.WriteAllTextAsync(Path.Combine(database.Folder, "keys", "key-1.xml"), "secret", Cancellation);
        return (key.Value.Secret, await CommitAsync("a model"));
    }

    private async Task<StoredArtifact> CommitAsync(string content)
    {
        using var staging = database.Get<ArtifactStore>().Stage(ArtifactStore.Models);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "weights"), content, Cancellation);
        return (await staging.CommitAsync(Cancellation)).Value;
    }

    private async Task<BackupReport> BackUpAsync()
    {
        var report = await database.Get<InstallationBackup>().WriteAsync(backups, null, Cancellation);
        Assert.True(report.IsSuccess, report.IsSuccess ? "" : report.Summary);
        return report.Value;
    }

    private Task<Results.Result<BackupManifest>> RestoreAsync(string folder) => restored.GetRequiredService<InstallationBackup>().RestoreAsync(folder, null, Cancellation);
}
