using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Users;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Users;

public sealed class TwoStepSignInTests
{
    private const string Password = "a long enough password";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SwitchOnAsync_RightCode_GivesCodesThatWorkOnceAndStoresNoSecret()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database);
        var steps = database.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;

        var codes = (await steps.SwitchOnAsync(mia, Code(key), Cancellation)).Value;

        Assert.Equal(new TwoStepState(true, TwoStepSignIn.RecoveryCodes), (await steps.StateAsync(mia, Cancellation)).Value);
        await using (var context = database.Open())
        {
            var stored = string.Join('\n', await context.UserTokens.Select(token => token.Value).ToListAsync(Cancellation));
            Assert.DoesNotContain(key, stored, StringComparison.Ordinal);
            Assert.All(codes, code => Assert.DoesNotContain(code, stored, StringComparison.Ordinal));
        }

        Assert.True(await RedeemAsync(database, mia, codes[3]));
        Assert.False(await RedeemAsync(database, mia, codes[3]));
        Assert.False(await RedeemAsync(database, mia, "AAAAA-BBBBB"));
        Assert.Equal(TwoStepSignIn.RecoveryCodes - 1, (await steps.StateAsync(mia, Cancellation)).Value.CodesLeft);
        Assert.Equal(1, await database.CountAuditAsync("user.two_step_switched_on"));
    }

    [Fact]
    public async Task PrepareAsync_Again_GivesTheSameKeyUntilItIsOn()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database);
        var steps = database.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;

        Assert.Equal(key, (await steps.PrepareAsync(mia, Cancellation)).Value);
        await steps.SwitchOnAsync(mia, Code(key), Cancellation);
        Assert.Equal("two_step_is_on", (await steps.PrepareAsync(mia, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task Code_UsedOnce_IsRefusedTheSecondTime()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database);
        var steps = database.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;
        var code = Code(key);
        await steps.SwitchOnAsync(mia, code, Cancellation);

        Assert.Equal("code_wrong", (await steps.RenewCodesAsync(mia, code, Cancellation)).Error.Code);
        Assert.True((await steps.RenewCodesAsync(mia, Code(key, later: 1), Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task SwitchOnAsync_WrongCodes_LockTheAccount()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database);
        var steps = database.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;
        var wrong = Code(key, later: 1000);
        for (var attempt = 0; attempt < 10; attempt++)
            Assert.Equal("code_wrong", (await steps.SwitchOnAsync(mia, wrong, Cancellation)).Error.Code);

        Assert.Equal("account_locked", (await steps.SwitchOnAsync(mia, Code(key), Cancellation)).Error.Code);
        Assert.False((await steps.StateAsync(mia, Cancellation)).Value.IsOn);
    }

    [Fact]
    public async Task SwitchOffAsync_PasswordDecides()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database);
        var steps = database.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;
        var codes = (await steps.SwitchOnAsync(mia, Code(key), Cancellation)).Value;

        Assert.Equal("password_wrong", (await steps.SwitchOffAsync(mia, "something else", Cancellation)).Error.Code);
        Assert.True((await steps.SwitchOffAsync(mia, Password, Cancellation)).IsSuccess);

        Assert.Equal(new TwoStepState(false, 0), (await steps.StateAsync(mia, Cancellation)).Value);
        Assert.False(await RedeemAsync(database, mia, codes[0]));
        Assert.NotEqual(key, (await steps.PrepareAsync(mia, Cancellation)).Value);
    }

    [Fact]
    public async Task ResetAsync_OtherAdminOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mia = await AddAsync(database, isAdmin: true);
        var steps = database.Get<TwoStepSignIn>();
        await steps.SwitchOnAsync(mia, Code((await steps.PrepareAsync(mia, Cancellation)).Value), Cancellation);

        Assert.Equal("admin_only", (await steps.ResetAsync(TestWorld.MemberOf(), mia.UserId!.Value, Cancellation)).Error.Code);
        Assert.Equal("two_step_own_reset", (await steps.ResetAsync(mia, mia.UserId!.Value, Cancellation)).Error.Code);
        Assert.True((await steps.ResetAsync(TestWorld.Admin, mia.UserId!.Value, Cancellation)).IsSuccess);
        Assert.False((await steps.StateAsync(mia, Cancellation)).Value.IsOn);
        Assert.Equal(1, await database.CountAuditAsync("user.two_step_reset"));
    }

    // Identity takes the machine's clock for its codes.
    private static string Code(string key, int later = 0) => AuthenticatorApp.Code(key, TimeProvider.System.GetUtcNow(), later);

    private static async Task<Actor> AddAsync(TestDatabase database, bool isAdmin = false)
    {
        var user = (await database.Get<UserAccounts>().CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", isAdmin, Password, Cancellation)).Value;
        return (await database.Get<UserAccounts>().ActorAsync(user.Id, Cancellation)).Value;
    }

    private static async Task<bool> RedeemAsync(TestDatabase database, Actor actor, string code)
    {
        await using var scope = database.Get<IServiceScopeFactory>().CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        return (await users.RedeemTwoFactorRecoveryCodeAsync((await users.FindByIdAsync(actor.UserId!.Value.ToString()))!, code)).Succeeded;
    }
}
