using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Platform.TestStorage;

/// <summary>What an authenticator app does (RFC 6238: SHA-1, six digits, steps of 30 s), written without Identity's help.</summary>
public static class AuthenticatorApp
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int StepSeconds = 30;

    /// <param name="key">In Base32, as people type it.</param>
    /// <param name="now">The phone's clock.</param>
    /// <param name="later">Steps after the present one.</param>
    [SuppressMessage("Security", "CA5350", Justification = "Authenticator apps speak RFC 6238 with SHA-1; as a keyed hash of six digits it is sound.")]
    public static string Code(string key, DateTimeOffset now, int later = 0)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, now.ToUnixTimeSeconds() / StepSeconds + later);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(Bytes(key), counter, hash);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 0x0f)..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("000000", CultureInfo.InvariantCulture);
    }

    private static byte[] Bytes(string key)
    {
        List<byte> bytes = [];
        var (bits, count) = (0, 0);
        foreach (var letter in key.Where(char.IsLetterOrDigit))
        {
            (bits, count) = ((bits << 5) | Base32.IndexOf(char.ToUpperInvariant(letter)), count + 5);
            if (count < 8)
                continue;
            bytes.Add((byte)(bits >> (count - 8)));
            (bits, count) = (bits & ((1 << (count - 8)) - 1), count - 8);
        }

        return [.. bytes];
    }
}
