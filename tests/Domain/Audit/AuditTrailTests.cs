using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;

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
}
