using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Users;

/// <summary>
/// Identity's store, except that it keeps no second factor in the clear: the authenticator's key is protected by the platform's key ring,
/// recovery codes are hashed like passwords. Whoever has only the database can sign in as nobody.
/// </summary>
public sealed class AccountStore(PlatformDbContext context, IDataProtectionProvider protection, IPasswordHasher<User> hasher, IdentityErrorDescriber? describer = null)
    : UserStore<User, IdentityRole<Guid>, PlatformDbContext, Guid>(context, describer)
{
    private const string Provider = "Platform";
    private const string KeyName = "AuthenticatorKey";
    private const string CodesName = "RecoveryCodes";
    private readonly IDataProtector protector = protection.CreateProtector("Platform.AuthenticatorKey.v1");

    public override Task SetAuthenticatorKeyAsync(User user, string key, CancellationToken cancellationToken) =>
        SetTokenAsync(user, Provider, KeyName, protector.Protect(key), cancellationToken);

    /// <returns>Null when there is none, and when the key ring that protected it is lost: then an admin has to reset it.</returns>
    public override async Task<string?> GetAuthenticatorKeyAsync(User user, CancellationToken cancellationToken)
    {
        try
        {
            return await GetTokenAsync(user, Provider, KeyName, cancellationToken) is { } stored ? protector.Unprotect(stored) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The app's key and the recovery codes; the caller saves.</summary>
    public async Task RemoveSecondFactorAsync(User user, CancellationToken cancellationToken)
    {
        await RemoveTokenAsync(user, Provider, KeyName, cancellationToken);
        await RemoveTokenAsync(user, Provider, CodesName, cancellationToken);
    }

    public override Task ReplaceCodesAsync(User user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        KeepAsync(user, recoveryCodes.Select(code => hasher.HashPassword(user, code)), cancellationToken);

    public override async Task<bool> RedeemCodeAsync(User user, string code, CancellationToken cancellationToken)
    {
        var codes = await CodesAsync(user, cancellationToken);
        var used = codes.Find(hash => hasher.VerifyHashedPassword(user, hash, code) != PasswordVerificationResult.Failed);
        if (used is null)
            return false;
        await KeepAsync(user, codes.Where(hash => hash != used), cancellationToken);
        return true;
    }

    public override async Task<int> CountCodesAsync(User user, CancellationToken cancellationToken) => (await CodesAsync(user, cancellationToken)).Count;

    private async Task<List<string>> CodesAsync(User user, CancellationToken cancellationToken) =>
        [.. (await GetTokenAsync(user, Provider, CodesName, cancellationToken) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)];

    private Task KeepAsync(User user, IEnumerable<string> hashes, CancellationToken cancellationToken) =>
        SetTokenAsync(user, Provider, CodesName, string.Join(';', hashes), cancellationToken);
}
