using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Bundles;
using Platform.Domain.Datasets;
using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Bundles;

public sealed class BundleImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_Twice_ChangesNothingTheSecondTime()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var folder = database.WriteBundle("hotel-sentiment");
        var import = database.Get<BundleImport>();

        var first = (await import.ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation)).Value;
        var second = (await import.ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation)).Value;

        Assert.True(first.TaskCreated && first.VersionCreated);
        Assert.False(second.TaskCreated || second.VersionCreated);
        Assert.Equal(first.Version.Id, second.Version.Id);
        Assert.Equal((2, 2, 2), (first.Version.TrainRows, first.Version.ValidationRows, first.Version.TestRows));
        Assert.Equal((1, 1), (await database.CountAuditAsync("dataset.uploaded"), await database.CountAuditAsync("task.registered")));
    }

    [Fact]
    public async Task ImportAsync_ChangedRow_AddsAVersionAndKeepsTheOldOne()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var import = database.Get<BundleImport>();
        var first = (await import.ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("hotel-sentiment"), Cancellation)).Value;

        var second = (await import.ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("hotel-sentiment", test: TestWorld.Row("n", "new", "bad")), Cancellation)).Value;

        Assert.Equal((1, 2), (first.Version.Number, second.Version.Number));
        Assert.True((await database.Get<ArtifactStore>().VerifyAsync(first.Version.ArtifactPath, first.Version.Sha256, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task ImportAsync_BrokenBundle_ReportsAllProblemsAndStoresNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: "not json\n", test: "");

        var result = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation);

        Assert.Equal(["row_not_json", "split_empty"], result.Errors.Select(error => error.Code));
        Assert.Equal("task_unknown", (await database.Get<TaskCatalog>().FindAsync(TestWorld.Admin, "hotel-sentiment", Cancellation)).Error.Code);
        Assert.Empty(Directory.GetFiles(database.Get<ArtifactStore>().Root, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("{\"name\":\n oops}", "bundle_task_malformed", "line 2")]
    [InlineData("[]", "bundle_task_malformed", "one JSON object")]
    [InlineData("{\"name\":5,\"kind\":\"generation\",\"instruction\":\"x\",\"metric\":\"bleu\"}", "bundle_field_type", "'name' must be a string")]
    [InlineData("{\"name\":\"a\",\"kind\":\"generation\",\"instruction\":\"x\",\"metric\":\"accuracy\"}", "task_metric_unfit", "task.json")]
    public async Task ImportAsync_BadTaskFile_SaysWhatAndWhere(string taskJson, string code, string part)
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();

        var result = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("a", taskJson), Cancellation);

        Assert.Equal(code, result.Error.Code);
        Assert.Contains(part, result.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportAsync_MissingFiles_NamesEachOne()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var folder = database.WriteBundle("a");
        File.Delete(Path.Combine(folder, "validation.jsonl"));
        File.Delete(Path.Combine(folder, "test.jsonl"));

        var result = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation);

        Assert.Equal(["validation.jsonl", "test.jsonl"], result.Errors.Select(error => error.Field));
    }

    [Fact]
    public async Task ImportAsync_NameOfAnotherTeamsTask_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var import = database.Get<BundleImport>();
        var folder = database.WriteBundle("hotel-sentiment");
        await import.ImportAsync(TestWorld.Admin, (await database.AddTeamAsync("one")).Id, folder, Cancellation);

        var result = await import.ImportAsync(TestWorld.Admin, (await database.AddTeamAsync("two")).Id, folder, Cancellation);

        Assert.Equal("task_name_taken", result.Error.Code);
    }

    [Fact]
    public async Task ExportAsync_ThenImportElsewhere_KeepsUnknownFieldsAndTheContentAddress()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var rows = """{"extra":{"b":[1,2.50]},"output":"good","id":"k","input":{"text":"caf\u00e9 \"x\"","lang":"fr"},"choices":["a"]}""" + "\n";
        var imported = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("hotel-sentiment", train: rows), Cancellation)).Value;
        var folder = Path.Combine(database.Folder, "exported");

        var exported = await database.Get<BundleExport>().ExportAsync(TestWorld.Admin, "hotel-sentiment", null, folder, Cancellation);

        Assert.True(exported.IsSuccess);
        var taskJson = await File.ReadAllTextAsync(Path.Combine(folder, "task.json"), Cancellation);
        Assert.Contains("\"note\": \"kept\"", taskJson, StringComparison.Ordinal);
        Assert.Contains("\"year\": 2026", taskJson, StringComparison.Ordinal);
        Assert.Equal(
            """{"id":"k","input":{"text":"café \"x\"","lang":"fr"},"output":"good","extra":{"b":[1,2.50]},"choices":["a"]}""" + "\n",
            await File.ReadAllTextAsync(Path.Combine(folder, "train.jsonl"), Cancellation));

        await using var elsewhere = await TestDatabase.CreateAsync();
        var again = (await elsewhere.Get<BundleImport>().ImportAsync(TestWorld.Admin, (await elsewhere.AddTeamAsync()).Id, folder, Cancellation)).Value;
        Assert.Equal(imported.Version.Sha256, again.Version.Sha256);
        Assert.Equal(imported.Task.ExtraJson, again.Task.ExtraJson);
    }

    [Fact]
    public async Task ExportAsync_ExistingFolder_IsRefusedAndUntouched()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment");
        await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, (await database.AddTeamAsync()).Id, folder, Cancellation);
        var before = await File.ReadAllTextAsync(Path.Combine(folder, "task.json"), Cancellation);

        var result = await database.Get<BundleExport>().ExportAsync(TestWorld.Admin, "hotel-sentiment", null, folder, Cancellation);

        Assert.Equal("export_folder_exists", result.Error.Code);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(folder, "task.json"), Cancellation));
    }
}
