using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Invitations;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Invitations;

public sealed class InvitationBookTests
{
    private const string Password = "a long enough password";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcceptAsync_OpenInvitation_MakesTheAccountThatWasPromised()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var book = database.Get<InvitationBook>();
        var issued = await InviteAsync(database, " Mia@Example.com ", team.Id);

        var accepted = await book.AcceptAsync(issued.Token, " Mia ", Password, Cancellation);

        Assert.True(accepted.IsSuccess, accepted.IsFailure ? accepted.Summary : "");
        var actor = (await database.Get<UserAccounts>().ActorAsync(accepted.Value, Cancellation)).Value;
        Assert.Equal(("Mia", false, true), (actor.Name, actor.IsAdmin, actor.MayActFor(team.Id)));
        await using var scope = database.Get<IServiceScopeFactory>().CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByEmailAsync("mia@example.com"))!;
        Assert.True(await users.CheckPasswordAsync(user, Password));
        Assert.False(user.MustChangePassword);
        Assert.Equal((1, 1, 1), (await database.CountAuditAsync("invitation.created"), await database.CountAuditAsync("invitation.accepted"), await database.CountAuditAsync("user.created")));
    }

    [Fact]
    public async Task InviteAsync_Token_IsStoredNowhere()
    {
        await using var database = await TestDatabase.CreateAsync();
        var issued = await InviteAsync(database, "mia@example.com");

        Assert.Equal(InvitationBook.TokenLength, issued.Token.Length);
        await using var context = database.Open();
        var stored = await context.Invitations.SingleAsync(Cancellation);
        Assert.Equal(32, stored.TokenHash.Length);
        var all = string.Join('\n', await context.AuditEntries.Select(entry => entry.AfterJson).ToListAsync(Cancellation));
        Assert.DoesNotContain(issued.Token, all, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(stored.TokenHash), all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AcceptAsync_UsedRevokedReplacedExpiredOrUnknown_SaysWhich()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<InvitationBook>();
        var used = await InviteAsync(database, "used@example.com");
        await book.AcceptAsync(used.Token, "Uma", Password, Cancellation);
        var revoked = await InviteAsync(database, "revoked@example.com");
        await book.RevokeAsync(TestWorld.Admin, revoked.Invitation.Id, Cancellation);
        var replaced = await InviteAsync(database, "twice@example.com");
        var newest = await InviteAsync(database, "Twice@example.com");
        var expired = await InviteAsync(database, "late@example.com", lifetime: TimeSpan.FromHours(1));
        database.Clock.Advance(TimeSpan.FromHours(1));
        async Task<string> CodeAsync(string? token) => (await book.AcceptAsync(token, "Tom", Password, Cancellation)).Errors is [var error, ..] ? error.Code : "done";

        Assert.Equal("invitation_used", await CodeAsync(used.Token));
        Assert.Equal("invitation_revoked", await CodeAsync(revoked.Token));
        Assert.Equal("invitation_revoked", await CodeAsync(replaced.Token));
        Assert.Equal("invitation_expired", await CodeAsync(expired.Token));
        Assert.Equal("invitation_unknown", await CodeAsync(new string('x', InvitationBook.TokenLength)));
        Assert.Equal("invitation_unknown", await CodeAsync(null));
        Assert.Equal("done", await CodeAsync(newest.Token));
        Assert.Equal("invitation_used", (await book.RevokeAsync(TestWorld.Admin, used.Invitation.Id, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task AcceptAsync_ShortPasswordOrNoName_LeavesTheInvitationOpen()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<InvitationBook>();
        var issued = await InviteAsync(database, "mia@example.com");

        Assert.Equal("user_passwordtooshort", (await book.AcceptAsync(issued.Token, "Mia", "short", Cancellation)).Error.Code);
        Assert.Equal("user_name_invalid", (await book.AcceptAsync(issued.Token, "  ", Password, Cancellation)).Error.Code);
        Assert.Equal("user_name_invalid", (await book.AcceptAsync(issued.Token, new string('m', 129), Password, Cancellation)).Error.Code);

        Assert.True((await book.FindAsync(issued.Token, Cancellation)).IsSuccess);
        Assert.Empty(await database.Get<UserAccounts>().ListAsync(Cancellation));
        Assert.True((await book.AcceptAsync(issued.Token, "Mia", Password, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task AcceptAsync_ManyAtTheSameTime_MakeOneAccount()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<InvitationBook>();
        var issued = await InviteAsync(database, "mia@example.com");

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(index => Task.Run(() => book.AcceptAsync(issued.Token, $"Mia {index}", Password, Cancellation))));

        Assert.Single(results, result => result.IsSuccess);
        Assert.All(results.Where(result => result.IsFailure), result => Assert.Equal("invitation_used", result.Error.Code));
        Assert.Single(await database.Get<UserAccounts>().ListAsync(Cancellation));
    }

    [Fact]
    public async Task InviteAsync_Problems_AreNamed()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.Get<UserAccounts>().CreateAsync(TestWorld.Admin, "tom@example.com", "Tom", isAdmin: false, Password, Cancellation);
        async Task<IReadOnlyList<string>> CodesAsync(Actor actor, InvitationRequest request) =>
            [.. (await database.Get<InvitationBook>().InviteAsync(actor, request, Cancellation)).Errors.Select(error => error.Code)];
        var week = InvitationBook.DefaultLifetime;

        Assert.Equal(["admin_only"], await CodesAsync(TestWorld.MemberOf(), new("mia@example.com", false, null, week)));
        Assert.Equal(["invitation_user_exists"], await CodesAsync(TestWorld.Admin, new("TOM@example.com", false, null, week)));
        Assert.Equal(["invitation_email_invalid", "team_unknown", "invitation_lifetime_invalid"], await CodesAsync(TestWorld.Admin, new("mia", false, Guid.CreateVersion7(), TimeSpan.FromDays(31))));
        Assert.Equal(["invitation_email_invalid"], await CodesAsync(TestWorld.Admin, new("mia <x@example.com>", false, null, week)));
        Assert.Equal(["invitation_email_invalid"], await CodesAsync(TestWorld.Admin, new(new string('m', 257) + "@example.com", false, null, week)));
        Assert.Equal("admin_only", (await database.Get<InvitationBook>().ListAsync(TestWorld.MemberOf(), Cancellation)).Error.Code);
    }

    private static async Task<IssuedInvitation> InviteAsync(TestDatabase database, string email, Guid? team = null, TimeSpan? lifetime = null)
    {
        var issued = await database.Get<InvitationBook>().InviteAsync(TestWorld.Admin, new InvitationRequest(email, IsAdmin: false, team, lifetime ?? InvitationBook.DefaultLifetime), Cancellation);
        Assert.True(issued.IsSuccess, issued.IsFailure ? issued.Summary : "");
        return issued.Value;
    }
}
