using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Setup;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Artifacts;

/// <summary>Hosts without a shared folder, on one real S3-compatible Server.</summary>
public sealed class S3ArtifactStoreTests(S3ServerFixture fixture) : IClassFixture<S3ServerFixture>, IAsyncLifetime
{
    private const int Megabyte = 1 << 20;

    private readonly string prefix = Guid.NewGuid().ToString("N");
    private readonly string root = Directory.CreateTempSubdirectory("platform-hosts-").FullName;
    private readonly TestClock clock = new();

    private S3Server Server { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(TestDatabaseCopy.UsesPostgres, "There is no database in it.");
        Server = await fixture.ServerAsync();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A process of a host.</summary>
    /// <param name="host">Each has a folder of its own.</param>
    private ArtifactStore Open(string host, string? endpoint = null, Func<ArtifactOptions, ArtifactOptions>? change = null)
    {
        var settings = Server.Settings(prefix, endpoint).ToDictionary(one => one.Key["Artifacts:".Length..], one => one.Value);
        var options = new ArtifactOptions
        {
            Store = settings["Store"],
            Endpoint = settings["Endpoint"],
            Bucket = settings["Bucket"],
            Prefix = settings["Prefix"],
            AccessKey = settings["AccessKey"],
            SecretKey = settings["SecretKey"],
            PartMegabytes = 5,
            RetrySeconds = 0,
        };
        return new ArtifactStore(Options.Create(new PlatformOptions { DataPath = Path.Combine(root, host) }), Options.Create(change?.Invoke(options) ?? options), clock);
    }

    /// <summary>The same seed gives the same artifact.</summary>
    private static async Task<Result<StoredArtifact>> CommitAsync(ArtifactStore store, int seed, int bytes)
    {
        using var staging = store.Stage(ArtifactStore.Models);
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        Directory.CreateDirectory(Path.Combine(staging.Folder, "adapters"));
        await File.WriteAllBytesAsync(Path.Combine(staging.Folder, "model.bin"), content, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "adapters", "a task.json"), $"{{\"seed\": {seed}}}", Cancellation);
        return await staging.CommitAsync(Cancellation);
    }

    private static async Task<string> HashAsync(ArtifactStore store, string path)
    {
        using var files = (await store.OpenAsync(path, Cancellation)).Value;
        return (await ArtifactManifest.OfAsync(files.Path, flush: false, Cancellation)).Sha256;
    }

    private static async Task<Error> RefusalAsync(ArtifactStore store, string path)
    {
        var error = (await store.OpenAsync(path, Cancellation)).Error;
        Assert.False(Directory.Exists(store.FullPath(path)));
        return error;
    }

    private string ObjectOf(StoredArtifact stored, string file) => Server.FileOf($"{prefix}/{stored.Path}/{file}");

    [Fact]
    public async Task OpenAsync_OnAnotherHost_HasTheSameFilesInPartsAndFolders()
    {
        using var one = Open("one");
        using var other = Open("other");

        var stored = (await CommitAsync(one, 1, 11 * Megabyte)).Value;

        Assert.Equal(
            [$"{prefix}/{stored.Path}.json", $"{prefix}/{stored.Path}/adapters/a task.json", $"{prefix}/{stored.Path}/model.bin"],
            Server.Objects(prefix));
        Assert.Equal(stored.Sha256, await HashAsync(other, stored.Path));
        Assert.Equal(stored, (await CommitAsync(other, 1, 11 * Megabyte)).Value);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(other.Root, ".staging")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(one.Root, ".parts")));
    }

    [Fact]
    public async Task CommitAsync_ServerDiesInTheMiddle_IsInvisibleAndGoesOnWhereItWas()
    {
        const int Size = 40 * Megabyte;
        await using var holding = new CountingRelay(Server.Port, holdAfter: 32 * Megabyte);
        using var first = Open("one", holding.Endpoint);
        using var other = Open("other");
        var sending = CommitAsync(first, 2, Size);
        await holding.Holding;
        Server.Kill();
        await holding.DisposeAsync();
        Assert.Equal("store_unreachable", (await sending).Error.Code);

        await Server.ResumeAsync();
        await using var counting = new CountingRelay(Server.Port);
        using var again = Open("one", counting.Endpoint);
        var path = $"{ArtifactStore.Models}/{Path.GetFileName(Directory.GetDirectories(Path.Combine(again.Root, ArtifactStore.Models)).Single())}";
        Assert.Equal(StorageErrors.AbsentCode, (await RefusalAsync(other, path)).Code);
        var stored = (await CommitAsync(again, 2, Size)).Value;

        Assert.Equal(path, stored.Path);
        Assert.InRange(counting.BytesSent, 5 * Megabyte, 27 * Megabyte);
        Assert.Equal(stored.Sha256, await HashAsync(other, stored.Path));
    }

    [Fact]
    public async Task OpenAsync_FlippedByteOnTheServer_IsRefusedUntilItIsMended()
    {
        using var one = Open("one");
        using var other = Open("other");
        var stored = (await CommitAsync(one, 3, Megabyte)).Value;
        await FlipAsync(ObjectOf(stored, "model.bin"), 4711);

        var error = await RefusalAsync(other, stored.Path);
        await FlipAsync(ObjectOf(stored, "model.bin"), 4711);

        Assert.Equal(StorageErrors.DamagedCode, error.Code);
        Assert.Contains("'model.bin' has the SHA-256", error.Message, StringComparison.Ordinal);
        Assert.Equal(stored.Sha256, await HashAsync(other, stored.Path));
    }

    [Fact]
    public async Task OpenAsync_TruncatedObjectOrForeignManifest_IsRefusedWithTheReason()
    {
        using var one = Open("one");
        using var other = Open("other");
        var (stored, foreign) = ((await CommitAsync(one, 4, Megabyte)).Value, (await CommitAsync(one, 5, 1000)).Value);
        using var client = new AmazonS3Client(new BasicAWSCredentials(S3Server.Key, S3Server.Key), new AmazonS3Config { ServiceURL = Server.Endpoint, ForcePathStyle = true });
        await client.PutObjectAsync(new PutObjectRequest { BucketName = S3Server.Bucket, Key = $"{prefix}/{stored.Path}/model.bin", InputStream = new MemoryStream(new byte[1000]), UseChunkEncoding = false }, Cancellation);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = S3Server.Bucket, Key = $"{prefix}/{foreign.Path}.json", ContentBody = new ArtifactManifest([]).ToJson(), UseChunkEncoding = false }, Cancellation);

        Assert.Contains($"'model.bin' has 1000 bytes, not {Megabyte}", (await RefusalAsync(other, stored.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("manifest does not belong to it", (await RefusalAsync(other, foreign.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_ServerAwayAndBack_UsesWhatIsHereAndFetchesTheRestThen()
    {
        using var one = Open("one");
        using var other = Open("other");
        var (known, unknown) = ((await CommitAsync(one, 6, 1000)).Value, (await CommitAsync(one, 7, 1000)).Value);
        await HashAsync(other, known.Path);
        Server.Kill();

        Assert.Equal(known.Sha256, await HashAsync(other, known.Path));
        var error = await RefusalAsync(other, unknown.Path);
        await Server.ResumeAsync();

        Assert.Equal(("store_unreachable", 507), (error.Code, error.Status));
        Assert.Contains("Artifacts__Endpoint", error.Message, StringComparison.Ordinal);
        Assert.Equal(unknown.Sha256, await HashAsync(other, unknown.Path));
    }

    [Fact]
    public async Task OpenAsync_ManyAtOnceInTwoProcesses_FetchOnce()
    {
        using var one = Open("one");
        var stored = (await CommitAsync(one, 8, 4 * Megabyte)).Value;
        await using var counting = new CountingRelay(Server.Port);
        using var other = Open("other", counting.Endpoint);
        using var beside = Open("other", counting.Endpoint);

        var hashes = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => HashAsync(number % 2 == 0 ? other : beside, stored.Path), Cancellation)));

        Assert.Equal([stored.Sha256], hashes.Distinct());
        Assert.InRange(counting.BytesReceived, 4 * Megabyte, 5 * Megabyte);
    }

    [Fact]
    public async Task VerifyAsync_DamageOnThisHost_IsMendedFromTheServer()
    {
        using var one = Open("one");
        var stored = (await CommitAsync(one, 9, 1000)).Value;
        await FlipAsync(Path.Combine(one.FullPath(stored.Path), "model.bin"), 1);

        Assert.True((await one.VerifyAsync(stored.Path, stored.Sha256, Cancellation)).IsSuccess);

        Assert.Equal(stored.Sha256, await HashAsync(one, stored.Path));
    }

    [Fact]
    public async Task OpenAsync_BeyondTheBound_LetsTheLeastRecentlyUsedGoButNeitherWhatIsHeldNorTheOnlyCopy()
    {
        using var one = Open("one");
        var stored = new List<StoredArtifact>();
        foreach (var seed in Enumerable.Range(10, 4))
            stored.Add((await CommitAsync(one, seed, 600 * 1024)).Value);
        using (var folder = new ArtifactStore(Options.Create(new PlatformOptions { DataPath = Path.Combine(root, "other") }), Options.Create(new ArtifactOptions()), clock))
            await CommitAsync(folder, 99, 1000);
        using var other = Open("other", change: options => options with { CacheMegabytes = 1 });
        using (await OpenLaterAsync(other, stored[0]))
        {
            (await OpenLaterAsync(other, stored[1])).Dispose();
            (await OpenLaterAsync(other, stored[2])).Dispose();
            (await OpenLaterAsync(other, stored[3])).Dispose();

            Assert.Equal([true, false, false, true], stored.Select(artifact => Directory.Exists(other.FullPath(artifact.Path))));
        }

        (await OpenLaterAsync(other, stored[1])).Dispose();
        Assert.Equal([false, true, false, false], stored.Select(artifact => Directory.Exists(other.FullPath(artifact.Path))));
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(other.Root, ArtifactStore.Models)).Length);
    }

    [Theory]
    [InlineData("AccessKey", "store_denied", "Artifacts__AccessKey")]
    [InlineData("Bucket", "store_bucket_missing", "Artifacts__Bucket")]
    public async Task CommitAsync_WrongSetting_NamesItAndTheMendButNoSecret(string setting, string code, string part)
    {
        using var one = Open("one", change: options => setting == "AccessKey"
            ? options with { AccessKey = "nobody", SecretKey = "hidden-one" }
            : options with { Bucket = "another", SecretKey = "hidden-one" });

        var error = (await CommitAsync(one, 20, 1000)).Error;

        Assert.Equal(code, error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-one", error.Message, StringComparison.Ordinal);
    }

    private async Task<ArtifactFolder> OpenLaterAsync(ArtifactStore store, StoredArtifact stored)
    {
        clock.Advance(TimeSpan.FromMinutes(1));
        return (await store.OpenAsync(stored.Path, Cancellation)).Value;
    }

    private static async Task FlipAsync(string file, int at)
    {
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancellation);
    }
}
