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
