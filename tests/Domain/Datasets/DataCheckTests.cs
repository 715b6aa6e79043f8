using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Bundles;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Datasets.Rows;

namespace Platform.Domain.Tests.Datasets;

public sealed class DataCheckTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Rows(params IEnumerable<(string Id, string Text, string Output)> rows) =>
        string.Concat(rows.Select(row => TestWorld.Row(row.Id, row.Text, row.Output) + "\n"));

    private static async Task<DatasetVersion> ImportAndCheckAsync(TestDatabase database, string folder, CheckLimits? limits = null)
    {
        var team = (await database.Get<Domain.Teams.TeamDirectory>().ListAsync(TestWorld.Admin, Cancellation)).SingleOrDefault() ?? await database.AddTeamAsync();
        var imported = await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation);
        Assert.True(imported.IsSuccess, string.Join('\n', imported.Errors));
        return await database.CheckAsync(imported.Value.Version.Id, limits);
    }

    [Fact]
    public async Task RunAsync_SoundData_IsReadyAndOnlyWarnsOfFewTestRows()
    {
        await using var database = await TestDatabase.CreateAsync();

        var version = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment"));

        Assert.Equal(DatasetStatus.Ready, version.Status);
        var finding = Assert.Single(version.Findings);
        Assert.Equal(("test_rows_too_few", FindingSeverity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("961 rows", finding.Message, StringComparison.Ordinal);
        Assert.Null(version.ClaimOwner);
        Assert.Equal(1, await database.CountAuditAsync("dataset.checked"));
    }

    [Fact]
    public async Task RunAsync_WhileItGoesOn_SaysHowManyRowsItHasRead()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var release = new ManualResetEventSlim();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(Enumerable.Range(0, 2000).Select(row => ($"{row}", row == 1500 ? "halt" : $"room {row}", row % 2 == 0 ? "good" : "bad"))));
        var team = await database.AddTeamAsync();
        var imported = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, folder, Cancellation)).Value.Version;

        var checking = database.CheckAsync(imported.Id, new CheckLimits((text, _, _) =>
        {
            if (text == "halt")
                release.Wait(Cancellation);
            return text.Length;
        }, 512));
        long read;
        do
            read = await RowsCheckedAsync(database);
        while (read == 0 && !checking.IsCompleted);
        release.Set();
        var done = await checking;

        Assert.InRange(read, 1, 1500);
        Assert.Equal((DatasetStatus.Ready, 2004), (done.Status, done.RowsChecked));
    }

    private static async Task<long> RowsCheckedAsync(TestDatabase database)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
        await using var context = database.Open();
        return await context.DatasetVersions.Select(version => version.RowsChecked).SingleAsync(Cancellation);
    }

    [Fact]
    public async Task RunAsync_ManyKindsOfProblems_FindsEachWithFileLineAndField()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle(
            "hotel-sentiment",
            train: Rows(("1", "nice room", "good"), ("2", " ", "good"), ("3", "cold", "Bad"), ("1", "warm", "bad"), ("5", "Nice  ROOM", "good"), ("6", "nice room", "bad")),
            test: Rows(("7", "nice room", "good"), ("8", "late", "bad")));

        var version = await ImportAndCheckAsync(database, folder);

        Assert.Equal(DatasetStatus.Rejected, version.Status);
        var seen = version.Findings.Select(finding => (finding.Code, finding.File, finding.Line, finding.Field)).ToList();
        Assert.Contains(("text_empty", "train.jsonl", 2L, "input.text"), seen);
        Assert.Contains(("label_unknown", "train.jsonl", 3L, "output"), seen);
        Assert.Contains(("id_duplicate", "train.jsonl", 4L, "id"), seen);
        Assert.Contains(("row_duplicate", "train.jsonl", 5L, "input"), seen);
        Assert.Contains(("label_contradiction", "train.jsonl", 6L, "output"), seen);
        Assert.Contains(("leak_between_splits", "test.jsonl", 1L, "input"), seen);
        Assert.Contains("did you mean 'bad'", version.Findings.Single(finding => finding.Code == "label_unknown").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_SameProblemManyTimes_ListsFiveAndCountsTheRest()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(Enumerable.Range(0, 1000).Select(index => ($"{index}", $"text {index}", "great"))));

        var version = await ImportAndCheckAsync(database, folder);

        var unknown = version.Findings.Where(finding => finding.Code == "label_unknown").ToList();
        Assert.Equal(6, unknown.Count);
        Assert.Equal(995, unknown.Single(finding => finding.Line == 6).Count);
        Assert.Equal(1000, unknown.Sum(finding => finding.Count));
    }

    [Fact]
    public async Task RunAsync_TestInputInAnotherTasksTraining_IsReportedAcrossTasks()
    {
        await using var database = await TestDatabase.CreateAsync();
        await ImportAndCheckAsync(database, database.WriteBundle("complaints", train: Rows(("1", "The bus was LATE", "bad"), ("2", "fine", "good"))));

        var version = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", test: Rows(("t1", "ok", "good"), ("t2", "the bus was late", "bad"))));

        var leak = Assert.Single(version.Findings, finding => finding.Code == "leak_across_tasks");
        Assert.Equal((2L, 1L), (leak.Line, leak.Count));
        Assert.Contains("'complaints'", leak.Message, StringComparison.Ordinal);
        Assert.Equal(DatasetStatus.Ready, version.Status);
    }

    /// <summary>The other task's keys are read, or looked up one by one where it is much larger; without an index its files are read.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(400, true)]
    [InlineData(400, false)]
    public async Task RunAsync_LeaksFromDataOfAnySize_AreFoundWithTheirLines(int otherRows, bool hasIndex)
    {
        await using var database = await TestDatabase.CreateAsync();
        var other = await ImportAndCheckAsync(database, database.WriteBundle("complaints", train: Rows(Enumerable.Range(1, otherRows).Select(row => ($"{row}", row is 3 or 9 ? "The bus  was LATE" : row == 7 ? "no seat" : $"complaint {row}", "bad")).Append(("good", "fine", "good")))));
        if (!hasIndex)
            Directory.Delete(Path.Combine(database.Get<ArtifactStore>().Root, "row-indexes"), recursive: true);

        var version = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", test: Rows(("t1", "no seat", "bad"), ("t2", "nobody said this", "good"), ("t3", "the bus was late", "bad"))));

        var leak = Assert.Single(version.Findings, finding => finding.Code == "leak_across_tasks");
        Assert.Equal(("test.jsonl", 2L), (leak.File, leak.Count));
        Assert.Contains(leak.Line == 1 ? "line 7 of its train.jsonl" : "line 3 of its train.jsonl", leak.Message, StringComparison.Ordinal);
        var marks = (await database.Get<RowBrowser>().ReadAsync(TestWorld.Admin, version.Id, new RowFilter { Problem = "leak_across_tasks" }, 0, 10, Cancellation)).Value.Rows;
        Assert.Equal(
            [(1L, "complaints, train.jsonl, line 7"), (3L, "complaints, train.jsonl, line 3")],
            marks.Select(row => (row.Row.Line, row.Marks.Single(mark => mark.Code == "leak_across_tasks").Related!)));
        Assert.Equal(DatasetStatus.Ready, other.Status);
    }

    [Fact]
    public async Task RunAsync_TrainingInputInAnotherTasksTest_IsReportedToo()
    {
        await using var database = await TestDatabase.CreateAsync();
        await ImportAndCheckAsync(database, database.WriteBundle("complaints", test: Rows(("1", "The bus was LATE", "bad"))));

        var version = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", train: Rows(("t1", "ok", "good"), ("t2", "the bus was late", "bad"))));

        var leak = Assert.Single(version.Findings, finding => finding.Code == "leak_across_tasks");
        Assert.Equal(("train.jsonl", 2L, 1L), (leak.File, leak.Line, leak.Count));
    }

    [Fact]
    public async Task RunAsync_RowsLongerThanTheContext_AreCountedPerSplit()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(("1", "short", "good"), ("2", "a much longer text", "bad"), ("3", "another one that is long", "bad")));

        var version = await ImportAndCheckAsync(database, folder, new CheckLimits((text, text2, output) => text.Length, ContextTokens: 16));

        var finding = version.Findings.Single(found => found is { Code: "row_too_long", File: "train.jsonl" });
        Assert.Equal((2L, 2L), (finding.Count, finding.Line));
        Assert.Contains("2 of 3 rows", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_OneSidedLabels_WarnsOfTheDominantOne()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(Enumerable.Range(0, 20).Select(index => ($"{index}", $"text {index}", index == 7 ? "bad" : "good"))));

        var codes = (await ImportAndCheckAsync(database, folder)).Findings.Select(finding => finding.Code).ToList();

        Assert.DoesNotContain("one_label_only", codes);
        Assert.Contains("label_dominant", codes);
    }

    [Theory]
    [InlineData("pair-classification", "accuracy", "good", "text2_missing")]
    [InlineData("similarity", "spearman", "high", "output_not_a_number")]
    [InlineData("extraction", "span_f1", "place: Rome", "label_unknown")]
    [InlineData("tagging", "token_accuracy", "good ugly", "label_unknown")]
    public async Task RunAsync_OutputThatDoesNotFitTheKind_IsAnError(string kind, string metric, string output, string code)
    {
        await using var database = await TestDatabase.CreateAsync();
        var labels = kind == "similarity" ? "null" : "[\"good\",\"bad\"]";
        var folder = database.WriteBundle("a-task", $$"""{"name":"a-task","kind":"{{kind}}","instruction":"Do.","labels":{{labels}},"metric":"{{metric}}"}""", train: Rows(("1", "x", output)));

        var version = await ImportAndCheckAsync(database, folder);

        Assert.Contains(version.Findings, finding => finding.Code == code && finding is { Severity: FindingSeverity.Error, File: "train.jsonl", Line: 1 });
    }

    [Fact]
    public async Task RunAsync_DamagedFile_RejectsTheVersionAndSaysSo()
    {
        await using var database = await TestDatabase.CreateAsync();
        var imported = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, (await database.AddTeamAsync()).Id, database.WriteBundle("a"), Cancellation)).Value;
        var file = Path.Combine(database.Get<Domain.Artifacts.ArtifactStore>().FullPath(imported.Version.ArtifactPath), "train.jsonl");
        await File.AppendAllTextAsync(file, "more", Cancellation);

        var version = await database.CheckAsync(imported.Version.Id);

        Assert.Equal("artifact_damaged", Assert.Single(version.Findings).Code);
        Assert.Equal(DatasetStatus.Rejected, version.Status);
    }

    [Fact]
    public async Task RunAsync_AfterTheMissingLabelWasAdded_ChecksTheSameRowsAgain()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(("1", "so so", "mixed"), ("2", "fine", "good"), ("3", "cold", "bad")));
        var rejected = await ImportAndCheckAsync(database, folder);

        await database.Get<Domain.Tasks.TaskCatalog>().EditAsync(TestWorld.Admin, rejected.TaskId, TestWorld.Sentiment() with { Labels = ["good", "bad", "mixed"] }, Cancellation);
        var again = await database.CheckAsync(rejected.Id);

        Assert.Equal((DatasetStatus.Rejected, DatasetStatus.Ready), (rejected.Status, again.Status));
    }

    [Fact]
    public async Task RunAsync_LabelsEditedDuringTheCheck_TheOldCheckWritesNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var imported = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, (await database.AddTeamAsync()).Id, database.WriteBundle("hotel-sentiment"), Cancellation)).Value;
        var claim = (await database.Get<Domain.Claims.WorkClaims>().TryClaimAsync<DatasetVersion>(imported.Version.Id, "checker", Cancellation))!;

        var result = await database.Get<DatasetChecks>().RunAsync(claim, task =>
        {
            // The last moment before the check reads rows by the old labels.
            database.Get<Domain.Tasks.TaskCatalog>().EditAsync(TestWorld.Admin, task.Id, TestWorld.Sentiment() with { Labels = ["yes", "no"] }, Cancellation).GetAwaiter().GetResult();
            return new CheckLimits(null, 0);
        }, Cancellation);

        Assert.Equal("claim_lost", result.Error.Code);
        Assert.Equal(DatasetStatus.Rejected, (await database.CheckAsync(imported.Version.Id)).Status);
    }

    [Fact]
    public async Task StoreAsync_RejectedDataUploadedAgain_IsCheckedAgainAsTheSameVersion()
    {
        await using var database = await TestDatabase.CreateAsync();
        var folder = database.WriteBundle("hotel-sentiment", train: Rows(("1", "so so", "mixed")));
        var rejected = await ImportAndCheckAsync(database, folder);

        var again = await ImportAndCheckAsync(database, folder);

        Assert.Equal((rejected.Id, DatasetStatus.Rejected), (again.Id, again.Status));
        Assert.Equal(2, await database.CountAuditAsync("dataset.checked"));
    }

    [Fact]
    public async Task RunAsync_OneLabelOnly_IsRejectedBecauseNothingCanBeLearnt()
    {
        await using var database = await TestDatabase.CreateAsync();

        var version = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", train: Rows(("1", "nice room", "good"), ("2", "warm", "good"))));

        Assert.Equal(DatasetStatus.Rejected, version.Status);
        var finding = version.Findings.Single(found => found.Code == "one_label_only");
        Assert.Equal(("train.jsonl", "output", FindingSeverity.Error), (finding.File, finding.Field, finding.Severity));
        Assert.Contains("has the label 'good'", finding.Message, StringComparison.Ordinal);
        Assert.Contains(version.Findings, found => found.Code == "label_without_rows");
    }

    [Fact]
    public async Task RunAsync_OneTrainingRowOrOnlyRepetitionsOfIt_IsRejected()
    {
        await using var database = await TestDatabase.CreateAsync();
        var one = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", train: Rows(("1", "nice room", "good"))));
        var repeated = await ImportAndCheckAsync(database, database.WriteBundle("hotel-sentiment", train: Rows(("1", "nice room", "good"), ("2", "Nice  room", "bad"), ("3", "nice room", "good"))));

        Assert.Equal((DatasetStatus.Rejected, DatasetStatus.Rejected), (one.Status, repeated.Status));
        Assert.Contains(one.Findings, finding => finding.Code == "train_rows_alike");
        Assert.Contains("only one training input, whether once or repeated", repeated.Findings.Single(finding => finding.Code == "train_rows_alike").Message, StringComparison.Ordinal);
    }
}
