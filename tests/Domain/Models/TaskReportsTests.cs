using System.Text.Json;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Models;

public sealed class TaskReportsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_VersionWithReport_ReadsIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, version) = await AddAsync(database, Report("guest-mood", "version 1"));

        var found = (await database.Get<TaskReports>().FindAsync(TestWorld.Admin, version.Number, task.Name, null, Cancellation)).Value;

        Assert.Equal(["Few rows."], found.Report!.Warnings);
        Assert.Equal(0.07, found.Report.AgainstSingle!.Difference.Value);
        Assert.Empty(found.OtherVersions);
    }

    [Fact]
    public async Task FindAsync_OlderVersionAgainstNewer_TurnsTheNewerReportRound()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, first) = await AddAsync(database, null);
        var (_, second) = await AddAsync(database, Report(task.Name, $"version {first.Number}"), task);

        var found = (await database.Get<TaskReports>().FindAsync(TestWorld.Admin, first.Number, task.Name, second.Number, Cancellation)).Value;

        Assert.Null(found.Report);
        Assert.Equal([second.Number], found.OtherVersions);
        var comparison = found.Other!.Comparison!;
        Assert.Equal(($"version {second.Number}", 0.6, 0.7), (comparison.Against, comparison.Score, comparison.OtherScore));
        Assert.Equal(new ScoreInterval(-0.1, -0.2, 0.01), comparison.Difference);
        Assert.Equal((3, 9), (comparison.BetterRows, comparison.WorseRows));
    }

    [Fact]
    public async Task FindAsync_AnotherTeamsTask_IsNotThere()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, version) = await AddAsync(database, Report("guest-mood", "version 1"));
        var stranger = Actor.ForUser(Guid.NewGuid(), "Stranger", isAdmin: false, [Guid.NewGuid()]);
        var member = Actor.ForUser(Guid.NewGuid(), "Member", isAdmin: false, [task.TeamId]);

        var refused = await database.Get<TaskReports>().FindAsync(stranger, version.Number, task.Name, null, Cancellation);

        Assert.Equal(TaskErrors.Unknown(task.Name), refused.Error);
        Assert.True((await database.Get<TaskReports>().FindAsync(member, version.Number, task.Name, null, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task FindAsync_ChangedReport_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, version) = await AddAsync(database, Report("guest-mood", "version 1"));
        var path = version.Evaluations.Single().ReportPath!;
        await File.AppendAllTextAsync(Path.Combine(database.Get<ArtifactStore>().FullPath(path), "report.json"), " ", Cancellation);

        Assert.Equal("artifact_damaged", (await database.Get<TaskReports>().FindAsync(TestWorld.Admin, version.Number, task.Name, null, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task FindAsync_WhatIsNotThere_IsNamed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, version) = await AddAsync(database, null);
        var reports = database.Get<TaskReports>();

        Assert.Equal(ModelErrors.Unknown(9), (await reports.FindAsync(TestWorld.Admin, 9, task.Name, null, Cancellation)).Error);
        Assert.Equal(ModelErrors.Unknown(9), (await reports.FindAsync(TestWorld.Admin, version.Number, task.Name, 9, Cancellation)).Error);
        var other = await database.AddReadyTaskAsync(await database.AddTeamAsync("elsewhere"), "never-trained");
        Assert.Equal(ReportErrors.NotEvaluated(version.Number, other.Name), (await reports.FindAsync(TestWorld.Admin, version.Number, other.Name, null, Cancellation)).Error);
    }

    [Fact]
    public void Sentence_CountsWhatIsBeyondChance()
    {
        TaskEvaluation[] tasks = [Evaluation(0.9, 0.8, 0.01), Evaluation(0.7, 0.8, 0.04), Evaluation(0.7, 0.8, 0.06), Evaluation(0.7, null, null)];

        var verdict = VersionVerdict.Of(tasks);

        Assert.Equal((3, 1, 1), (verdict.Compared, verdict.Better.Count, verdict.Worse.Count));
        Assert.StartsWith("Of 3 tasks tested against dedicated models,", verdict.Sentence, StringComparison.Ordinal);
    }

    private static TaskEvaluation Evaluation(double score, double? single, double? adjusted) => new()
    {
        ModelVersionId = Guid.NewGuid(), TaskId = Guid.NewGuid(), Metric = "accuracy", Score = score, Low = 0, High = 1, SingleScore = single, TestRows = 100,
        ServedBy = ServedBy.Shared, Verdict = GateVerdict.Pass, Sentence = "Fine.", PValue = adjusted, AdjustedPValue = adjusted,
    };

    private static async Task<(TaskDefinition Task, ModelVersion Version)> AddAsync(TestDatabase database, EvaluationReport? report, TaskDefinition? known = null)
    {
        var task = known ?? await database.AddReadyTaskAsync(await database.AddTeamAsync(), "guest-mood");
        if (report is null)
            return (task, await database.AddModelAsync(task));
        using var staging = database.Get<ArtifactStore>().Stage(ArtifactStore.Reports);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, "report.json"), JsonSerializer.Serialize(report, JsonSerializerOptions.Web), Cancellation);
        var stored = (await staging.CommitAsync(Cancellation)).Value;
        return (task, await database.AddModelAsync(task, change: one => one with { ReportPath = stored.Path, ReportSha256 = stored.Sha256 }));
    }

    private static EvaluationReport Report(string task, string other) => new()
    {
        Format = 1, Task = task, Kind = "Classification", Metric = "accuracy", Rows = 100, Warnings = ["Few rows."], Score = new ScoreInterval(0.7, 0.6, 0.8),
        Certainty = new Certainty(0.02, 0.1, 2500, false),
        Comparisons =
        [
            new ModelComparison("single-task", 100, 0.7, 0.63, new ScoreInterval(0.07, -0.02, 0.15), "mcnemar", 0.2, 0.4, 12, 5),
            new ModelComparison(other, 100, 0.7, 0.6, new ScoreInterval(0.1, -0.01, 0.2), "mcnemar", 0.1, null, 9, 3),
        ],
        Labels = [], Confusion = [], WrongRows = 0, WrongExamples = [],
    };
}
