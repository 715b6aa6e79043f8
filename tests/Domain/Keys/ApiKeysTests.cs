using System.Text;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Keys;

public sealed class ApiKeysTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IssueAsync_ThenVerify_GivesTheKeysTasksAndStoresNoSecret()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddTaskAsync(team);
        var keys = database.Get<ApiKeys>();

        var issued = (await keys.IssueAsync(TestWorld.MemberOf(team), new KeyRequest("web shop", team.Id, [task.Id], null), Cancellation)).Value;
        var verified = (await keys.VerifyHeaderAsync($"Bearer {issued.Secret}", Cancellation)).Value;

        Assert.True(verified.MayCall(task.Id));
        Assert.False(verified.MayCall(Guid.CreateVersion7()));
        Assert.StartsWith(issued.Key.Prefix, issued.Secret, StringComparison.Ordinal);
        Assert.DoesNotContain(issued.Secret, await StoredTextAsync(database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_EveryWayToBeWrong_HasItsOwnError()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var keys = database.Get<ApiKeys>();
        async Task<IssuedKey> IssueAsync(DateTimeOffset? expires) => (await keys.IssueAsync(TestWorld.Admin, new KeyRequest("x", team.Id, null, expires), Cancellation)).Value;
        var expired = await IssueAsync(database.Clock.Now.AddHours(1));
        var revoked = await IssueAsync(null);
        await keys.RevokeAsync(TestWorld.Admin, revoked.Key.Id, "Leaked.", Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(1));
        var other = revoked.Secret[..^1] + (revoked.Secret[^1] == 'A' ? 'B' : 'A');

        async Task<(string, int)> CodeAsync(string? header)
        {
            var error = (await keys.VerifyHeaderAsync(header, Cancellation)).Error;
            return (error.Code, error.Status);
        }

        Assert.Equal(("key_missing", 401), await CodeAsync(null));
        Assert.Equal(("key_missing", 401), await CodeAsync("Bearer  "));
        Assert.Equal(("key_malformed", 401), await CodeAsync("Basic abc"));
        Assert.Equal(("key_malformed", 401), await CodeAsync("Bearer sk-short"));
        Assert.Equal(("key_unknown", 401), await CodeAsync("Bearer " + other));
        Assert.Equal(("key_expired", 401), await CodeAsync("Bearer " + expired.Secret));
        Assert.Equal(("key_revoked", 401), await CodeAsync("Bearer " + revoked.Secret));
    }

    [Fact]
    public async Task IssueAsync_Problems_AreAllReported()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();

        var result = await database.Get<ApiKeys>().IssueAsync(
            TestWorld.MemberOf(team), new KeyRequest("", team.Id, [Guid.CreateVersion7()], database.Clock.Now.AddDays(-1)), Cancellation);

        Assert.Equal(["key_name_invalid", "key_expiry_past", "task_unknown"], result.Errors.Select(error => error.Code));
    }

    [Fact]
    public async Task NoteUseAsync_OftenInAMinute_WritesLastUsedOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var keys = database.Get<ApiKeys>();
        var issued = (await keys.IssueAsync(TestWorld.Admin, new KeyRequest("x", (await database.AddTeamAsync()).Id, null, null), Cancellation)).Value;
        var first = database.Clock.Now;
        await keys.NoteUseAsync(issued.Key.Id, first, byOldSecret: false, Cancellation);
        await keys.NoteUseAsync(issued.Key.Id, first.AddSeconds(30), byOldSecret: false, Cancellation);

        Assert.Equal(first, Assert.Single(await keys.ListAsync(TestWorld.Admin, Cancellation)).LastUsedAt);
    }

    private static async Task<string> StoredTextAsync(TestDatabase database)
    {
        if (TestDatabaseCopy.UsesPostgres)
        {
            await using var context = database.Open();
            return string.Join('\n', await context.Database.SqlQueryRaw<string>(
                "SELECT row_to_json(t)::text AS \"Value\" FROM \"ApiKeys\" t UNION ALL SELECT row_to_json(t)::text FROM \"AuditEntries\" t").ToListAsync(Cancellation));
        }

        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(database.Folder, "platform.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            text.Append(await reader.ReadToEndAsync(Cancellation));
        }

        return text.ToString();
    }
}
