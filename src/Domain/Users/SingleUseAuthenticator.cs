using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;

namespace Platform.Domain.Users;

/// <summary>Authenticator codes as in RFC 6238, each of them good for one sign-in: whoever looks over a shoulder cannot use it again.</summary>
public sealed class SingleUseAuthenticator(TimeProvider clock) : AuthenticatorTokenProvider<User>
{
    private const string Provider = "Platform";
    private const string UsedName = "UsedCodes";

    /// <summary>Longer than any code is accepted: Identity allows for clocks that are two steps of 30 s off, either way.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(4);

    public override async Task<bool> ValidateAsync(string purpose, string token, UserManager<User> manager, User user)
    {
        if (!await base.ValidateAsync(purpose, token, manager, user) || !int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            return false;
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Id:N}:{code}")));
        var used = Parse(await manager.GetAuthenticationTokenAsync(user, Provider, UsedName)).Where(one => now - one.At < Remembered.TotalSeconds).ToList();
        if (used.Exists(one => one.Hash == hash))
            return false;

        // Two sign-ins at the same time change the same row: the store refuses the second one, and so does this.
        var text = string.Join(';', used.Append((now, hash)).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Item1}:{one.Item2}")));
        return (await manager.SetAuthenticationTokenAsync(user, Provider, UsedName, text)).Succeeded;
    }

    private static IEnumerable<(long At, string Hash)> Parse(string? text)
    {
        foreach (var part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            if (part.Split(':') is [var at, var hash] && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                yield return (seconds, hash);
    }
}
