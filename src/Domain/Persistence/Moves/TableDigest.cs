using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Platform.Domain.Persistence.Moves;

/// <summary>
/// Rows counted and hashed, in whatever order they come: the SHA-256 of every row, added up lane by lane. Two tables with the same digest
/// hold the same rows.
/// </summary>
internal sealed class TableDigest
{
    private readonly ulong[] sum = new ulong[SHA256.HashSizeInBytes / sizeof(ulong)];

    public long Rows { get; private set; }

    public string Hex
    {
        get
        {
            Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
            for (var lane = 0; lane < sum.Length; lane++)
                BinaryPrimitives.WriteUInt64BigEndian(bytes[(lane * sizeof(ulong))..], sum[lane]);
            return Convert.ToHexStringLower(bytes);
        }
    }

    public void Add(IReadOnlyList<object?> values)
    {
        using var row = new MemoryStream();
        using (var writer = new BinaryWriter(row, Encoding.UTF8, leaveOpen: true))
            foreach (var value in values)
                Write(writer, value);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(row.GetBuffer().AsSpan(0, (int)row.Length), hash);
        for (var lane = 0; lane < sum.Length; lane++)
            sum[lane] += BinaryPrimitives.ReadUInt64BigEndian(hash[(lane * sizeof(ulong))..]);
        Rows++;
    }

    /// <summary>Each with its type and length, so that no two different rows are the same bytes.</summary>
    private static void Write(BinaryWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.Write((byte)0);
                break;
            case string text:
                writer.Write((byte)1);
                writer.Write(text);
                break;
            case long number:
                writer.Write((byte)2);
                writer.Write(number);
                break;
            case int number:
                writer.Write((byte)3);
                writer.Write(number);
                break;
            case bool flag:
                writer.Write((byte)4);
                writer.Write(flag);
                break;
            case double number:
                writer.Write((byte)5);
                writer.Write(number);
                break;
            case Guid id:
                writer.Write((byte)6);
                writer.Write(id.ToByteArray());
                break;
            case byte[] bytes:
                writer.Write((byte)7);
                writer.Write(bytes.Length);
                writer.Write(bytes);
                break;
            default:
                throw new NotSupportedException($"Values of {value.GetType()} cannot be moved yet.");
        }
    }
}
