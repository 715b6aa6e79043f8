using System.Security.Cryptography;
using System.Text;

namespace Platform.Domain.Keys;

/// <summary>What a key's secret looks like, and what is kept of it.</summary>
internal static class KeySecret
{
    private const string Start = "sk-";
    private const int RandomBytes = 32;
    private const int ShownCharacters = 10;

    /// <summary>"sk-" and 43 characters of unpadded base64url.</summary>
    private const int Length = 46;

    public static string Generate() =>
        Start + Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static bool IsWellFormed(string secret) => secret.Length == Length && secret.StartsWith(Start, StringComparison.Ordinal);

    public static string ShownPart(string secret) => secret[..ShownCharacters];

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
