using System.Security.Cryptography;

namespace Platform.Domain.Users;

public static class OneTimePassword
{
    /// <summary>No characters that look alike: people type it from a terminal.</summary>
    private const string Letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>Four groups of five: about 115 random bits.</summary>
    public static string Generate() => string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Letters, 5)));
}
