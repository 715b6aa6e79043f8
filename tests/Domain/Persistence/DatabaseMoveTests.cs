using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Keys;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.Moves;
using Platform.Domain.Setup;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Persistence;

/// <summary>From a SQLite file to a real cluster. They run once: with the suite that is on SQLite.</summary>
public sealed class DatabaseMoveTests : IAsyncLifetime
{
    private string target = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(TestDatabaseCopy.UsesPostgres, "A move begins at SQLite.");
        Assert.SkipUnless(PostgresCluster.IsInstalled, "PostgreSQL is not installed: apt-get install postgresql");
        target = await (await PostgresCluster.SharedAsync()).CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (target.Length > 0)
            await (await PostgresCluster.SharedAsync()).DropDatabaseAsync(target);
    }

    [Fact]
    public async Task RunAsync_InstallationWithEverything_ArrivesRowByRowAndGoesOn()
    {
        await using var database = await FilledAsync();

        var moved = await MoveAsync(database);

        Assert.True(moved.IsSuccess, moved.IsSuccess ? "" : moved.Summary);
        Assert.True(moved.Value.Count(table => table.Rows > 0) > 15);
        await using var from = database.Open();
        await using var to = OpenTarget();
        Assert.Equal(from.Model.GetEntityTypes().Select(entity => entity.GetTableName()).Distinct().Order(), moved.Value.Select(table => table.Name).Order());
        Assert.Equal(await from.UsageRecords.AsNoTracking().OrderBy(row => row.Id).Select(row => new { row.Id, row.RequestId, row.CostNano, row.KeyId, row.Status }).ToListAsync(Cancellation),
            await to.UsageRecords.AsNoTracking().OrderBy(row => row.Id).Select(row => new { row.Id, row.RequestId, row.CostNano, row.KeyId, row.Status }).ToListAsync(Cancellation));
        Assert.Equal(
            (await from.Runs.Include(run => run.Steps).Include(run => run.Tasks).AsNoTracking().SingleAsync(Cancellation)).RecipeJson,
            (await to.Runs.Include(run => run.Steps).Include(run => run.Tasks).AsNoTracking().SingleAsync(Cancellation)).RecipeJson);

        // Numbers go on after the last one that was moved.
        var last = await to.AuditEntries.MaxAsync(entry => entry.Id, Cancellation);
        to.AuditEntries.Add(new() { At = database.Clock.Now, ActorName = "x", Action = "x.y", EntityType = "X", EntityId = "1" });
        await to.SaveChangesAsync(Cancellation);
        Assert.Equal(last + 1, await to.AuditEntries.MaxAsync(entry => entry.Id, Cancellation));
    }

    [Fact]
    public async Task RunAsync_TargetWithRows_IsRefusedAndLeftAsItIs()
    {
        await using var database = await FilledAsync();
        await MoveAsync(database);

        var again = await MoveAsync(database);

        Assert.Equal(MoveErrors.TargetNotEmptyCode, again.Error.Code);
        await using var to = OpenTarget();
        Assert.Single(await to.Teams.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task RunAsync_WhileAHostHasTheFileOpen_IsRefused()
    {
        await using var database = await FilledAsync();
        await using (var host = database.Open())
        {
            await host.Database.OpenConnectionAsync(Cancellation);
            Assert.Equal(1, await host.Teams.CountAsync(Cancellation));

            Assert.Equal(MoveErrors.RunningCode, (await MoveAsync(database)).Error.Code);
        }

        Assert.True((await MoveAsync(database)).IsSuccess);
    }

    [Fact]
    public async Task RunAsync_Interrupted_LeavesTheTargetEmptyAndCanBeginAgain()
    {
        await using var database = await FilledAsync();
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Get<DatabaseMove>().RunAsync(target, new Interruption(interrupt), interrupt.Token));

        await using (var to = OpenTarget())
            Assert.False(await to.Teams.AnyAsync(Cancellation));
        Assert.True((await MoveAsync(database)).IsSuccess);
    }

    [Fact]
    public async Task RunAsync_ValueThatTheTargetCannotHold_NamesTheTableAndMovesNothing()
    {
        await using var database = await FilledAsync();
        await using (var context = database.Open())
            await context.Database.ExecuteSqlAsync($"""UPDATE "Teams" SET "DisplayName" = {new string('x', 129)}""", Cancellation);

        var refused = (await MoveAsync(database)).Error;

        Assert.Contains("Teams", refused.Message, StringComparison.Ordinal);
        Assert.Contains("DisplayName", refused.Message, StringComparison.Ordinal);
        await using var to = OpenTarget();
        Assert.False(await to.Users.AnyAsync(Cancellation));
    }

    [Theory]
    [InlineData("Host=db")]
    [InlineData("platform.db")]
    public async Task RunAsync_NoConnectionString_SaysWhatToGive(string text)
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.StartsWith("--to ", (await database.Get<DatabaseMove>().RunAsync(text, null, Cancellation)).Error.Message, StringComparison.Ordinal);
    }

    private Task<Results.Result<IReadOnlyList<MovedTable>>> MoveAsync(TestDatabase database) => database.Get<DatabaseMove>().RunAsync(target, null, Cancellation);

    private PlatformDbContext OpenTarget()
    {
        var builder = new DbContextOptionsBuilder<PlatformDbContext>();
        builder.UsePlatformPostgres(target);
        return new PlatformDbContext(builder.Options);
    }

    private static async Task<TestDatabase> FilledAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "hotel-sentiment");
        await database.ApproveAsync(await database.AddModelAsync(task));
        await database.Get<ApiKeys>().IssueAsync(TestWorld.Admin, new KeyRequest("shop", team.Id, [task.Id], null), Cancellation);
        await database.Get<BudgetBook>().SetAsync(TestWorld.Admin, new BudgetRequest(BudgetScope.Team, team.Id, BudgetPeriod.Month, BudgetKind.Hard, 5, "USD"), Cancellation);
        await database.Get<UsageLedger>().BillAsync([.. Enumerable.Range(0, 50).Select(_ => UsageDrafts.Draft(database.Clock.Now, team: team.Id))], Cancellation);
        return database;
    }

    /// <summary>In the middle: when the first rows of runs are there.</summary>
    private sealed class Interruption(CancellationTokenSource source) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value)
        {
            if (value is { Table: "Runs", Rows: > 0 })
                source.Cancel();
        }
    }
}
