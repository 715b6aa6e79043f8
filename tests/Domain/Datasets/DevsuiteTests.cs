using Platform.Domain.Bundles;
using Platform.Domain.Datasets;

namespace Platform.Domain.Tests.Datasets;

/// <summary>Real bundles of every kind, where the data set is at hand next to the clone.</summary>
[Trait("Category", "Slow")]
public sealed class DevsuiteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAndCheck_EveryBundle_IsReady()
    {
        var suite = Find();
        Assert.SkipWhen(suite is null, "The folder ../shared/data/devsuite is absent, so real bundles were not imported.");
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        List<string> rejected = [];
        foreach (var folder in BundleFolder.Find(suite!).Value)
        {
            var imported = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation);
            Assert.True(imported.IsSuccess, $"{folder}: {imported.Summary}");
            var version = await database.CheckAsync(imported.Value.Version.Id);
            rejected.AddRange(version.Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => $"{Path.GetFileName(folder)}: {finding.Message}"));
        }

        Assert.True(rejected.Count == 0, string.Join('\n', rejected));
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                return Path.Combine(folder.FullName, "..", "shared", "data", "devsuite") is var suite && Directory.Exists(suite) ? suite : null;
        return null;
    }
}
