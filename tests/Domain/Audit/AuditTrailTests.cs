using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Audit;

public sealed class AuditTrailTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SaveChangesAsync_ChangedOrDeletedEntry_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.AddTeamAsync();
        await using var context = database.Open();
        var entry = await context.AuditEntries.SingleAsync(Cancellation);

        context.Entry(entry).Property(found => found.ActorName).CurrentValue = "somebody else";
        await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesAsync(Cancellation));
        context.Entry(entry).State = EntityState.Deleted;
        Assert.Throws<InvalidOperationException>(() => context.SaveChanges());
    }

    [Fact]
    public async Task Database_ChangedOrDeletedEntry_IsRefusedByTheDatabaseItself()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.AddTeamAsync();
        await using var context = database.Open();

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => context.AuditEntries.ExecuteDeleteAsync(Cancellation));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() =>
            context.AuditEntries.ExecuteUpdateAsync(set => set.SetProperty(entry => entry.Reason, "other"), Cancellation));
    }

    [Fact]
    public async Task ReadAsync_Filter_FindsNewestFirst()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.AddTeamAsync("one");
        database.Clock.Advance(TimeSpan.FromHours(1));
        var between = database.Clock.Now;
        await database.AddTeamAsync("two");
        var trail = database.Get<AuditTrail>();

        Assert.Equal(2, (await trail.ReadAsync(new(EntityType: "Team"), Cancellation)).Count);
        var entry = Assert.Single(await trail.ReadAsync(new(From: between), Cancellation));
        Assert.Equal(("admin", "team.created"), (entry.ActorName, entry.Action));
        Assert.Contains("two", entry.AfterJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportAsync_LongLog_HasAllThatMatchesOnceAndIsOnRecordItself()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var context = database.Open())
        {
            for (var i = 0; i < 2500; i++)
                AuditTrail.Add(context, database.Clock.Now, Actor.System(i % 2 == 0 ? "even" : "odd"), "thing.changed", "Thing", i);
            await context.SaveChangesAsync(Cancellation);
        }

        var trail = database.Get<AuditTrail>();
        var entries = await (await trail.ExportAsync(TestWorld.Admin, new AuditFilter(ActorName: "even"), Cancellation)).Value.ToListAsync(Cancellation);

        Assert.Equal(1250, entries.Count);
        Assert.Equal(entries.Select(entry => entry.Id).Distinct().OrderDescending(), entries.Select(entry => entry.Id));
        Assert.All(entries, entry => Assert.Equal("even", entry.ActorName));
        var own = Assert.Single(await trail.ReadAsync(new AuditFilter(EntityType: nameof(AuditEntry)), Cancellation));
        Assert.Equal(("admin", "audit.exported"), (own.ActorName, own.Action));
        Assert.Contains("even", own.AfterJson, StringComparison.Ordinal);
        Assert.Equal("admin_only", (await trail.ExportAsync(TestWorld.MemberOf(), new AuditFilter(), Cancellation)).Error.Code);
    }
}
