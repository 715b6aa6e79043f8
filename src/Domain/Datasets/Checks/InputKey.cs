using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Platform.Domain.Datasets.Checks;

/// <summary>
/// 128 bits that stand for an input, equal for texts that differ in case or white space only. Two different inputs meet with a
/// chance below 1e-25 at two million rows.
/// </summary>
internal static class InputKey
{
    public static UInt128 Of(DatasetRow row) => Hash(Normalise(row.Text) + "\u001f" + Normalise(row.Text2 ?? ""));

    public static UInt128 Hash(string text) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The key as it is stored: 16 bytes, the lowest first.</summary>
    public static byte[] ToBytes(UInt128 key)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, key);
        return bytes;
    }

    public static UInt128 FromBytes(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128LittleEndian(bytes);

    private static string Normalise(string text)
    {
        var normal = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (!char.IsWhiteSpace(character))
                normal.Append(char.ToLowerInvariant(character));
            else if (normal.Length > 0 && normal[^1] != ' ')
                normal.Append(' ');
        }

        return normal.ToString().TrimEnd();
    }
}

/// <summary>A row's id, input and output by their keys.</summary>
internal readonly record struct RowKeys(UInt128 Id, UInt128 Input, UInt128 Output);
