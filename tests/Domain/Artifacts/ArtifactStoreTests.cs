using Platform.Domain.Artifacts;

namespace Platform.Domain.Tests.Artifacts;

public sealed class ArtifactStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<StoredArtifact> StoreAsync(ArtifactStore store, string content)
    {
        using var staging = store.Stage(ArtifactStore.Models);
        Directory.CreateDirectory(Path.Combine(staging.Folder, "adapters"));
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "model.bin"), content, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "adapters", "a.bin"), "adapter", Cancellation);
        return (await staging.CommitAsync(Cancellation)).Value;
    }

    [Fact]
    public async Task CommitAsync_SameContentTwice_IsOneFolder()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = database.Get<ArtifactStore>();

        var (one, two, other) = (await StoreAsync(store, "weights"), await StoreAsync(store, "weights"), await StoreAsync(store, "other weights"));

        Assert.Equal(one, two);
        Assert.NotEqual(one.Sha256, other.Sha256);
        Assert.Equal($"models/{one.Sha256}", one.Path);
        Assert.Equal(14, one.SizeBytes);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(store.Root, "models")).Length);
        Assert.Empty(Directory.GetDirectories(Path.Combine(store.Root, ".staging")));
    }

    [Fact]
    public async Task CommitAsync_SameContentAtOnce_AllSucceed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = database.Get<ArtifactStore>();

        var stored = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => StoreAsync(store, "weights"), Cancellation)));

        Assert.Single(stored.Distinct());
        Assert.True((await store.VerifyAsync(stored[0].Path, stored[0].Sha256, Cancellation)).IsSuccess);
    }

    [Theory]
    [InlineData("adapters/a.bin")]
    [InlineData("added.bin")]
    public async Task VerifyAsync_ChangedOrAddedFile_IsDamaged(string file)
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = database.Get<ArtifactStore>();
        var stored = await StoreAsync(store, "weights");
        await File.WriteAllTextAsync(Path.Combine(store.FullPath(stored.Path), file), "Adapter", Cancellation);

        Assert.Equal("artifact_damaged", (await store.VerifyAsync(stored.Path, stored.Sha256, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task VerifyAsync_LostFolder_IsAbsent()
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.Equal("artifact_absent", (await database.Get<ArtifactStore>().VerifyAsync("models/abc", "abc", Cancellation)).Error.Code);
    }

    [Theory]
    [InlineData("../platform.db")]
    [InlineData("models/../../platform.db")]
    [InlineData("/etc/passwd")]
    public async Task FullPath_OutsideTheStore_Throws(string path)
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.Throws<ArgumentException>(() => database.Get<ArtifactStore>().FullPath(path));
    }

    [Fact]
    public async Task RemoveAbandoned_OldStaging_GoesAndNewStays()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = database.Get<ArtifactStore>();
        using var old = store.Stage(ArtifactStore.Models);
        Directory.SetLastWriteTimeUtc(old.Folder, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using var fresh = store.Stage(ArtifactStore.Models);

        Assert.Equal(1, store.RemoveAbandoned(new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)));

        Assert.True(Directory.Exists(fresh.Folder));
    }

    [Fact]
    public async Task IsDiskFull_RealWriteToAFullDevice_IsRecognisedAndNamesTheFolder()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full, so a full disk cannot be had.");

        var exception = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            await full.WriteAsync(new byte[1 << 20], Cancellation);
        });

        Assert.True(StorageErrors.IsDiskFull(exception));
        var error = StorageErrors.DiskFull(Path.GetTempPath(), 5L << 20);
        Assert.Equal((StorageErrors.DiskFullCode, 507), (error.Code, error.Status));
        Assert.Contains("5 MiB are needed", error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetTempPath(), error.Message, StringComparison.Ordinal);
        Assert.Contains("are free", error.Message, StringComparison.Ordinal);
    }
}
