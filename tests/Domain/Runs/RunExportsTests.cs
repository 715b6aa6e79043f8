using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs;

public sealed class RunExportsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_RecordedExport_SaysWhoMadeItOfWhat()
    {
        await using var database = await TestDatabase.CreateAsync();
        var exports = database.Get<RunExports>();

        Assert.True((await exports.RecordAsync(TestWorld.Admin, new RunExportRecord("ab12", 7, [2, 3]), Cancellation)).IsSuccess);

        var found = (await exports.FindAsync("ab12", Cancellation)).Value;
        Assert.Equal(("ab12", 7, TestWorld.Admin.Name), (found.Record.ManifestSha256, found.Record.Run, found.ExportedByName));
        Assert.Equal([2, 3], found.Record.Stages);
        Assert.Equal("run_export_unknown", (await exports.FindAsync("ab13", Cancellation)).Error.Code);
    }

    [Fact]
    public async Task DraftAsync_Recipe_IsTheRunThatWouldBePlannedAndLeavesNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "mood");
        var request = new RunRequest(null, [task.Id], new Recipe(), "base");

        var draft = (await database.Get<RunPlanning>().DraftAsync(TestWorld.Admin, request, Cancellation)).Value;

        await using (var context = database.Open())
            Assert.Equal((0, 0), (await context.Runs.CountAsync(Cancellation), await context.AuditEntries.CountAsync(entry => entry.Action == "run.planned", Cancellation)));
        var planned = (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, request, Cancellation)).Value;
        Assert.Equal(planned.RecipeJson, draft.RecipeJson);
        Assert.Equal(("mood", planned.Tasks.Single().DatasetVersionId), (draft.Tasks.Single().Task!.Name, draft.Tasks.Single().DatasetVersion!.Id));
        Assert.Null(draft.OutsideJson);
    }

    [Fact]
    public async Task PlanAsync_TrainedOutside_KeepsItsOriginAndItsArtifactUntilItIsOver()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "mood");
        var outside = new OutsideTraining(3, $"outside/{new string('a', 64)}", new string('a', 64), new string('b', 64), 4, "Ana", database.Clock.Now, "Ben", database.Clock.Now);

        var run = (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base") { Outside = outside }, Cancellation)).Value;

        var stored = (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value;
        Assert.Equal(outside, OutsideTraining.Parse(stored.OutsideJson));
        Assert.Contains("run 4", outside.Sentence, StringComparison.Ordinal);
        await using (var context = database.Open())
            Assert.Contains(outside.ManifestSha256, (await context.AuditEntries.SingleAsync(entry => entry.Action == "run.imported", Cancellation)).AfterJson!, StringComparison.Ordinal);
        Assert.Contains(outside.ArtifactPath, await database.Get<ArtifactCleanup>().NeededAsync(Cancellation));
        await database.Get<RunPlanning>().CancelAsync(TestWorld.Admin, run.Id, "enough", Cancellation);
        Assert.DoesNotContain(outside.ArtifactPath, await database.Get<ArtifactCleanup>().NeededAsync(Cancellation));
    }

    [Fact]
    public async Task RecordAndDraft_ByATeamMember_AreRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "mood");
        var member = Domain.Users.Actor.ForUser(Guid.CreateVersion7(), "Mia", isAdmin: false, [team.Id]);

        Assert.Equal(403, (await database.Get<RunExports>().RecordAsync(member, new RunExportRecord("ab12", null, [3]), Cancellation)).Error.Status);
        Assert.Equal(403, (await database.Get<RunPlanning>().DraftAsync(member, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Error.Status);
    }
}
