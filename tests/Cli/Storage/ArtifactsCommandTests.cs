using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Setup;

namespace Platform.Cli.Tests.Storage;

public sealed class ArtifactsCommandTests
{
    [Fact]
    public async Task Collect_NothingRefersToIt_NamesItFirstAndRemovesItThen()
    {
        using var folder = new TestFolder();
        using var store = new ArtifactStore(Options.Create(new PlatformOptions { DataPath = folder.Data }), Options.Create(new ArtifactOptions()), TimeProvider.System);
        using var staging = store.Stage(ArtifactStore.Models);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "config.json"), "{}", TestContext.Current.CancellationToken);
        var stored = (await staging.CommitAsync(TestContext.Current.CancellationToken)).Value;
        Directory.SetLastWriteTimeUtc(store.FullPath(stored.Path), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));

        var asked = (await CommandRun.OfAsync("artifacts", "collect", "--dry-run", "--data", folder.Data, "--json")).Expect(0).Json;
        var isThere = Directory.Exists(store.FullPath(stored.Path));
        var done = (await CommandRun.OfAsync("artifacts", "collect", "--data", folder.Data)).Expect(0).Output;
        var refused = (await CommandRun.OfAsync("artifacts", "push", "--data", folder.Data)).Expect(1).Error;

        Assert.Equal(stored.Path, asked.GetProperty("removed")[0].GetString());
        Assert.True(isThere);
        Assert.Contains("1 artifacts are gone, 0 are kept", done, StringComparison.Ordinal);
        Assert.False(Directory.Exists(store.FullPath(stored.Path)));
        Assert.Contains("Artifacts__Store", refused, StringComparison.Ordinal);
    }
}
