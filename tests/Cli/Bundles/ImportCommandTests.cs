using System.Text;

namespace Platform.Cli.Tests.Bundles;

public sealed class ImportCommandTests
{
    [Fact]
    public async Task Import_SoundBundle_StoresTaskAndData_AndASecondTimeChangesNothing()
    {
        using var folder = new TestFolder();
        var bundle = TinyBundle.WriteTo(folder);

        var first = (await ImportAsync(folder, bundle)).Expect(0).Json[0];
        var second = (await ImportAsync(folder, bundle)).Expect(0).Json[0];

        Assert.True(first.GetProperty("task_created").GetBoolean());
        Assert.Equal(6, first.GetProperty("train_rows").GetInt64());
        Assert.False(second.GetProperty("task_created").GetBoolean());
        Assert.False(second.GetProperty("dataset_created").GetBoolean());
        Assert.Equal(first.GetProperty("sha256").GetString(), second.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Export_ThenImport_GivesTheSameContent()
    {
        using var folder = new TestFolder();
        var original = (await ImportAsync(folder, TinyBundle.WriteTo(folder))).Expect(0).Json[0];

        (await CommandRun.OfAsync("export", "mood", folder.At("out", "mood"), "--data", folder.Data)).Expect(0);
        var again = (await CommandRun.OfAsync("import", folder.At("out"), "--team", "hotel", "--data", folder.At("other"), "--json")).Expect(0).Json[0];

        Assert.Equal(original.GetProperty("sha256").GetString(), again.GetProperty("sha256").GetString());
        Assert.Contains("\"owner\": \"kept\"", await File.ReadAllTextAsync(folder.At("out", "mood", "task.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_OntoAnExistingFolder_OverwritesNothing()
    {
        using var folder = new TestFolder();
        var bundle = TinyBundle.WriteTo(folder);
        (await ImportAsync(folder, bundle)).Expect(0);
        var before = await File.ReadAllTextAsync(Path.Combine(bundle, "task.json"), TestContext.Current.CancellationToken);

        var run = (await CommandRun.OfAsync("export", "mood", bundle, "--data", folder.Data)).Expect(1);

        Assert.Contains("exists already", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(bundle, "task.json"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"name": "mood", "kind": """, "task.json, line 1")]
    [InlineData("""{"name": "mood", "kind": "classifying", "instruction": "x", "labels": ["happy", "sad"], "metric": "accuracy"}""", "classifying")]
    [InlineData("""{"name": "Mood!", "kind": "classification", "instruction": "x", "labels": ["happy", "sad"], "metric": "accuracy"}""", "Mood!")]
    [InlineData("""{"name": "mood", "kind": "classification", "instruction": "", "labels": ["happy"], "metric": "rouge"}""", "instruction is empty")]
    public async Task Import_MalformedTask_SaysWhatAndStoresNothing(string task, string expected)
    {
        using var folder = new TestFolder();

        await AssertRefusedAsync(folder, TinyBundle.WriteTo(folder, task: task), expected);
    }

    [Theory]
    [InlineData("{\"id\":\"1\",\"input\":{\"text\":\"a\"},\"output\":\"happy\"}\n{\"id\":\"2\",\"input\":{\"te", "train.jsonl", "line 2")]
    [InlineData("{\"id\":\"1\",\"input\":{\"text\":\"a\"}}\n", "train.jsonl", "output")]
    [InlineData("", "train.jsonl", "no rows")]
    public async Task Import_MalformedSplit_NamesFileLineAndField_AndStoresNothing(string train, params string[] expected)
    {
        using var folder = new TestFolder();

        await AssertRefusedAsync(folder, TinyBundle.WriteTo(folder, train: train), expected);
    }

    [Fact]
    public async Task Import_MissingSplit_NamesIt()
    {
        using var folder = new TestFolder();
        var bundle = TinyBundle.WriteTo(folder);
        File.Delete(Path.Combine(bundle, "validation.jsonl"));

        await AssertRefusedAsync(folder, bundle, "validation.jsonl is missing");
    }

    [Fact]
    public async Task Import_LineOf200Megabytes_IsRefusedWhileItStreamsIn()
    {
        using var folder = new TestFolder();
        var bundle = TinyBundle.WriteTo(folder);
        await using (var file = File.OpenWrite(Path.Combine(bundle, "train.jsonl")))
        {
            file.Seek(0, SeekOrigin.End);
            file.Write("{\"id\":\"huge\",\"input\":{\"text\":\""u8);
            var block = Encoding.UTF8.GetBytes(new string('a', 1 << 20));
            for (var megabyte = 0; megabyte < 200; megabyte++)
                file.Write(block);
            file.Write("\"},\"output\":\"happy\"}\n"u8);
        }

        var before = GC.GetTotalAllocatedBytes();
        await AssertRefusedAsync(folder, bundle, "train.jsonl", "line 7");
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 150L << 20);
    }

    [Fact]
    public async Task Import_FolderOfBundles_KeepsTheSoundOnesAndNamesTheBad()
    {
        using var folder = new TestFolder();
        TinyBundle.WriteTo(folder, "all/good");
        folder.Write("all/good/task.json", """{"name": "good", "kind": "classification", "instruction": "x", "labels": ["happy", "sad"], "metric": "accuracy"}""");
        TinyBundle.WriteTo(folder, "all/bad", task: "{");

        var run = (await CommandRun.OfAsync("import", folder.At("all"), "--team", "hotel", "--data", folder.Data, "--json")).Expect(1);

        Assert.Equal(["", "good"], run.Json.EnumerateArray().Select(bundle => bundle.GetProperty("task").GetString() ?? "").Order(StringComparer.Ordinal));
        Assert.Contains(Path.Combine("all", "bad"), run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_WithoutTeamOrWorkspace_SaysHowToNameIt()
    {
        using var folder = new TestFolder();

        Assert.Contains("--team", (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_Workspace_MakesItsTeams()
    {
        using var folder = new TestFolder();
        TinyBundle.WriteTo(folder, "mood");
        folder.Write("workspace.json", """{"name": "w", "teams": [{"name": "hotel", "display_name": "Hotel", "bundles": ["mood"]}]}""");

        var json = (await CommandRun.OfAsync("import", folder.Root, "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Equal("hotel", json[0].GetProperty("team").GetString());
    }

    private static Task<CommandRun> ImportAsync(TestFolder folder, string bundle) =>
        CommandRun.OfAsync("import", bundle, "--team", "hotel", "--data", folder.Data, "--json");

    private static async Task AssertRefusedAsync(TestFolder folder, string bundle, params string[] expected)
    {
        var run = (await ImportAsync(folder, bundle)).Expect(1);

        Assert.All(expected, part => Assert.Contains(part, run.Error, StringComparison.Ordinal));
        (await CommandRun.OfAsync("train", "--data", folder.Data)).Expect(1);
        Assert.Contains("There is no task yet", (await CommandRun.OfAsync("train", "--data", folder.Data)).Error, StringComparison.Ordinal);
        var stored = Directory.Exists(folder.At("data", "artifacts")) ? Directory.GetFiles(folder.At("data", "artifacts"), "*", SearchOption.AllDirectories) : [];
        Assert.Empty(stored);
    }
}
