using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Users;

public sealed class UserAccountsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnsureFirstAdminAsync_EmptyDatabase_GivesAPasswordThatSignsInAndOnlyOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();

        var first = (await accounts.EnsureFirstAdminAsync("admin@localhost", Cancellation)).Value!;
        var second = (await accounts.EnsureFirstAdminAsync("admin@localhost", Cancellation)).Value;

        Assert.Null(second);
        Assert.Equal(23, first.OneTimePassword!.Length);
        await using var scope = database.Get<IServiceScopeFactory>().CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByEmailAsync("admin@localhost"))!;
        Assert.True(await users.CheckPasswordAsync(user, first.OneTimePassword));
        Assert.True(user.MustChangePassword);
        Assert.True((await accounts.ActorAsync(first.Id, Cancellation)).Value.IsAdmin);
    }

    [Fact]
    public async Task CreateAsync_MemberOfATeam_ActsForThatTeamOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, other) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("other"));
        var accounts = database.Get<UserAccounts>();
        var user = (await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", isAdmin: false, "a long enough password", Cancellation)).Value;
        await database.Get<TeamDirectory>().AddMemberAsync(TestWorld.Admin, mine.Id, user.Id, Cancellation);

        var actor = (await accounts.ActorAsync(user.Id, Cancellation)).Value;

        Assert.Null(user.OneTimePassword);
        Assert.Equal((false, true, false), (actor.IsAdmin, actor.MayActFor(mine.Id), actor.MayActFor(other.Id)));
        Assert.Equal("mine", Assert.Single(await database.Get<TeamDirectory>().ListAsync(actor, Cancellation)).Name);
        Assert.Equal(["mine"], Assert.Single(await accounts.ListAsync(Cancellation)).Teams);
    }

    [Fact]
    public async Task CreateAsync_SameAddressOrShortPassword_IsRefusedAndNothingStored()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();
        await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, null, Cancellation);

        Assert.True((await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, null, Cancellation)).IsFailure);
        Assert.Equal("user_passwordtooshort", (await accounts.CreateAsync(TestWorld.Admin, "tom@example.com", "Tom", false, "short", Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await accounts.CreateAsync(TestWorld.MemberOf(), "tom@example.com", "Tom", false, null, Cancellation)).Error.Code);
        Assert.Single(await accounts.ListAsync(Cancellation));
    }

    [Fact]
    public async Task TeamDirectory_BadOrTakenName_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var teams = database.Get<TeamDirectory>();
        await database.AddTeamAsync("hotels");

        Assert.Equal("team_name_taken", (await teams.CreateAsync(TestWorld.Admin, "hotels", "Hotels", Cancellation)).Error.Code);
        Assert.Equal("team_name_invalid", (await teams.CreateAsync(TestWorld.Admin, "Hotels!", "Hotels", Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await teams.CreateAsync(TestWorld.MemberOf(), "flights", "Flights", Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ChangePasswordAsync_AfterAReset_EndsTheOneTimePassword()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();
        var user = (await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, "a long enough password", Cancellation)).Value;
        var reset = (await accounts.ResetPasswordAsync(TestWorld.Admin, user.Id, Cancellation)).Value;
        var mia = (await accounts.ActorAsync(user.Id, Cancellation)).Value;

        Assert.True((await accounts.ChangePasswordAsync(mia, "a long enough password", "another long password", Cancellation)).IsFailure);
        Assert.True((await accounts.ChangePasswordAsync(mia, reset.OneTimePassword!, "another long password", Cancellation)).IsSuccess);

        await using var context = database.Open();
        Assert.False(context.Users.Single().MustChangePassword);
        Assert.Equal((1, 1), (await database.CountAuditAsync("user.password_reset"), await database.CountAuditAsync("user.password_changed")));
    }

    [Fact]
    public async Task DeactivateAsync_AndBack_ClosesAndOpensTheAccount()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();
        await accounts.CreateAsync(TestWorld.Admin, "ada@example.com", "Ada", true, "a long enough password", Cancellation);
        var user = (await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, "a long enough password", Cancellation)).Value;
        var stamp = await StampAsync(database, user.Id);

        Assert.True((await accounts.DeactivateAsync(TestWorld.Admin, user.Id, "Left the company.", Cancellation)).IsSuccess);

        Assert.Equal("account_deactivated", (await accounts.ActorAsync(user.Id, Cancellation)).Error.Code);
        Assert.True((await accounts.ListAsync(Cancellation)).Single(found => found.Id == user.Id).IsDeactivated);
        Assert.NotEqual(stamp, await StampAsync(database, user.Id));
        await using (var scope = database.Get<IServiceScopeFactory>().CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            Assert.True(await users.IsLockedOutAsync((await users.FindByEmailAsync("mia@example.com"))!));
        }

        Assert.True((await accounts.ReactivateAsync(TestWorld.Admin, user.Id, "Came back.", Cancellation)).IsSuccess);
        Assert.True((await accounts.ActorAsync(user.Id, Cancellation)).IsSuccess);
        Assert.False((await accounts.ListAsync(Cancellation)).Single(found => found.Id == user.Id).IsDeactivated);
        Assert.Equal((1, 1), (await database.CountAuditAsync("user.deactivated"), await database.CountAuditAsync("user.reactivated")));
    }

    [Fact]
    public async Task SetAdminAsync_AndBack_ChangesWhatTheUserMay()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();
        await accounts.CreateAsync(TestWorld.Admin, "ada@example.com", "Ada", true, "a long enough password", Cancellation);
        var user = (await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, "a long enough password", Cancellation)).Value;

        Assert.True((await accounts.SetAdminAsync(TestWorld.Admin, user.Id, true, "Runs the platform now.", Cancellation)).IsSuccess);
        Assert.True((await accounts.ActorAsync(user.Id, Cancellation)).Value.IsAdmin);
        Assert.True((await accounts.SetAdminAsync(TestWorld.Admin, user.Id, false, "No longer.", Cancellation)).IsSuccess);
        Assert.False((await accounts.ActorAsync(user.Id, Cancellation)).Value.IsAdmin);
        Assert.Equal((1, 1), (await database.CountAuditAsync("user.made_admin"), await database.CountAuditAsync("user.made_member")));
    }

    [Fact]
    public async Task Accounts_OfOneself_TheLastAdmin_OrWithoutReason_AreLeftAlone()
    {
        await using var database = await TestDatabase.CreateAsync();
        var accounts = database.Get<UserAccounts>();
        var only = (await accounts.CreateAsync(TestWorld.Admin, "ada@example.com", "Ada", true, "a long enough password", Cancellation)).Value;
        var member = (await accounts.CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, "a long enough password", Cancellation)).Value;
        var ada = (await accounts.ActorAsync(only.Id, Cancellation)).Value;
        var mia = (await accounts.ActorAsync(member.Id, Cancellation)).Value;

        Assert.Equal("own_account", (await accounts.DeactivateAsync(ada, only.Id, "By mistake.", Cancellation)).Error.Code);
        Assert.Equal("own_account", (await accounts.SetAdminAsync(ada, only.Id, false, "By mistake.", Cancellation)).Error.Code);
        Assert.Equal("last_admin", (await accounts.DeactivateAsync(TestWorld.Admin, only.Id, "By the terminal.", Cancellation)).Error.Code);
        Assert.Equal("last_admin", (await accounts.SetAdminAsync(TestWorld.Admin, only.Id, false, "By the terminal.", Cancellation)).Error.Code);
        Assert.Equal("reason_missing", (await accounts.DeactivateAsync(ada, member.Id, " ", Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await accounts.DeactivateAsync(mia, only.Id, "A coup.", Cancellation)).Error.Code);
        Assert.Equal("user_unknown", (await accounts.DeactivateAsync(ada, Guid.NewGuid(), "Nobody.", Cancellation)).Error.Code);

        Assert.True((await accounts.ActorAsync(only.Id, Cancellation)).Value.IsAdmin);
        Assert.True((await accounts.ActorAsync(member.Id, Cancellation)).IsSuccess);
        Assert.Equal(0, await database.CountAuditAsync("user.deactivated"));
    }

    private static async Task<string?> StampAsync(TestDatabase database, Guid userId)
    {
        await using var context = database.Open();
        return context.Users.Single(user => user.Id == userId).SecurityStamp;
    }
}
