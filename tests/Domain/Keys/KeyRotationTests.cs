using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Keys;

public sealed class KeyRotationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RotateAsync_InTheGracePeriod_BothSecretsWorkAndThenOnlyTheNewOne()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, issued) = await IssueAsync(database);
        var rotated = (await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, KeyRotation.DefaultGrace, "Yearly.", Cancellation)).Value;
        var keys = database.Get<ApiKeys>();

        Assert.NotEqual(issued.Secret, rotated.Secret);
        Assert.True((await keys.VerifyAsync(issued.Secret, Cancellation)).Value.ByOldSecret);
        Assert.False((await keys.VerifyAsync(rotated.Secret, Cancellation)).Value.ByOldSecret);
        Assert.Equal(issued.Key.Id, (await keys.VerifyAsync(rotated.Secret, Cancellation)).Value.KeyId);

        database.Clock.Advance(KeyRotation.DefaultGrace - TimeSpan.FromMicroseconds(1));
        Assert.True((await keys.VerifyAsync(issued.Secret, Cancellation)).IsSuccess);
        database.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(("key_replaced", 401), (await keys.VerifyAsync(issued.Secret, Cancellation)).Error is var error ? (error.Code, error.Status) : default);
        Assert.True((await keys.VerifyAsync(rotated.Secret, Cancellation)).IsSuccess);
        Assert.Equal(1, await database.CountAuditAsync("key.rotated"));
        await using var context = database.Open();
        var entry = await context.AuditEntries.SingleAsync(found => found.Action == "key.rotated", Cancellation);
        Assert.DoesNotContain(rotated.Secret, entry.AfterJson, StringComparison.Ordinal);
        Assert.Equal("Yearly.", entry.Reason);
    }

    [Fact]
    public async Task RotateAsync_TwiceInTheGracePeriod_EndsTheOldestSecretAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, first) = await IssueAsync(database);
        var rotation = database.Get<KeyRotation>();
        var second = (await rotation.RotateAsync(TestWorld.Admin, first.Key.Id, KeyRotation.LongestGrace, null, Cancellation)).Value;
        var third = (await rotation.RotateAsync(TestWorld.Admin, first.Key.Id, KeyRotation.LongestGrace, null, Cancellation)).Value;
        var keys = database.Get<ApiKeys>();

        Assert.Equal("key_unknown", (await keys.VerifyAsync(first.Secret, Cancellation)).Error.Code);
        Assert.True((await keys.VerifyAsync(second.Secret, Cancellation)).IsSuccess);
        Assert.True((await keys.VerifyAsync(third.Secret, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task RotateAsync_NoGrace_EndsTheOldSecretAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, issued) = await IssueAsync(database);

        await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, TimeSpan.Zero, "Leaked.", Cancellation);

        Assert.Equal("key_replaced", (await database.Get<ApiKeys>().VerifyAsync(issued.Secret, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task RevokeAsync_InTheGracePeriod_EndsBothSecrets()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, issued) = await IssueAsync(database);
        var rotated = (await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, KeyRotation.DefaultGrace, null, Cancellation)).Value;
        var keys = database.Get<ApiKeys>();

        await keys.RevokeAsync(TestWorld.Admin, issued.Key.Id, "Leaked.", Cancellation);

        Assert.Equal("key_revoked", (await keys.VerifyAsync(issued.Secret, Cancellation)).Error.Code);
        Assert.Equal("key_revoked", (await keys.VerifyAsync(rotated.Secret, Cancellation)).Error.Code);
        Assert.Equal("key_not_rotatable", (await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, TimeSpan.Zero, null, Cancellation)).Error.Code);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(169)]
    public async Task RotateAsync_GraceOutOfBounds_IsRefused(double hours)
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, issued) = await IssueAsync(database);

        var refused = await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, TimeSpan.FromHours(hours), null, Cancellation);

        Assert.Equal("key_grace_invalid", refused.Error.Code);
        Assert.True((await database.Get<ApiKeys>().VerifyAsync(issued.Secret, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task RotateAsync_WhoCouldNotIssueTheKey_GetsNoSecretOfIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (team, task, ofTask) = await IssueAsync(database);
        var other = await database.AddTeamAsync("flights");
        var foreign = await database.AddTaskAsync(other, "flight-intent");
        var keys = database.Get<ApiKeys>();
        var ofAll = (await keys.IssueAsync(TestWorld.Admin, new KeyRequest("all", team.Id, null, null), Cancellation)).Value;
        var wide = (await keys.IssueAsync(TestWorld.Admin, new KeyRequest("wide", team.Id, [task.Id, foreign.Id], null), Cancellation)).Value;
        var member = TestWorld.MemberOf(team);
        async Task<string> CodeAsync(IssuedKey key, Actor actor) =>
            await database.Get<KeyRotation>().RotateAsync(actor, key.Key.Id, TimeSpan.Zero, null, Cancellation) is { IsFailure: true } refused ? refused.Error.Code : "done";

        Assert.Equal("key_unknown", await CodeAsync(ofTask, TestWorld.MemberOf(other)));
        Assert.Equal("key_all_tasks_admin_only", await CodeAsync(ofAll, member));
        Assert.Equal("key_reaches_further", await CodeAsync(wide, member));
        Assert.Equal("done", await CodeAsync(ofTask, member));
    }

    [Fact]
    public async Task NoteUseAsync_ByTheOldSecret_SaysThatSomebodyHasNotChangedOver()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, _, issued) = await IssueAsync(database);
        await database.Get<KeyRotation>().RotateAsync(TestWorld.Admin, issued.Key.Id, KeyRotation.DefaultGrace, null, Cancellation);
        var keys = database.Get<ApiKeys>();

        await keys.NoteUseAsync(issued.Key.Id, database.Clock.Now, byOldSecret: false, Cancellation);
        Assert.Null(Assert.Single(await keys.ListAsync(TestWorld.Admin, Cancellation)).OldSecretUsedAt);
        await keys.NoteUseAsync(issued.Key.Id, database.Clock.Now, byOldSecret: true, Cancellation);

        Assert.Equal(database.Clock.Now, Assert.Single(await keys.ListAsync(TestWorld.Admin, Cancellation)).OldSecretUsedAt);
    }

    private static async Task<(Team Team, TaskDefinition Task, IssuedKey Key)> IssueAsync(TestDatabase database)
    {
        var team = await database.AddTeamAsync();
        var task = await database.AddTaskAsync(team);
        return (team, task, (await database.Get<ApiKeys>().IssueAsync(TestWorld.Admin, new KeyRequest("web shop", team.Id, [task.Id], null), Cancellation)).Value);
    }
}
