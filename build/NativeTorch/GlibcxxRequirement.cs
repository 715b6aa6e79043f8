using System.Buffers.Binary;
using System.Text;

namespace Platform.NativeTorch;

/// <summary>
/// Reads and relaxes one symbol-version requirement of an ELF64 little-endian shared library.
/// </summary>
/// <remarks>
/// TorchSharp 0.107.0's libLibTorchSharp.so was linked with GCC 13 and therefore asks libstdc++ for version
/// GLIBCXX_3.4.32, which Debian 12 and Ubuntu 22.04 (GLIBCXX_3.4.30) do not define. The only symbol bound to that version is
/// <c>std::ios_base_library_init()</c>, a marker that older libraries do not need. Setting VER_FLG_WEAK on the
/// requirement makes the dynamic loader accept a library without it. The layout (Elf64_Shdr, Elf64_Verneed, Elf64_Vernaux) is
/// that of the System V ABI and the LSB symbol-versioning specification.
/// </remarks>
public static class GlibcxxRequirement
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2; // VER_FLG_WEAK

    /// <summary>Whether <paramref name="library"/> requires <paramref name="version"/> without the weak flag.</summary>
    /// <param name="library">The bytes of an ELF64 little-endian shared library.</param>
    /// <param name="version">The version's name, for instance <c>GLIBCXX_3.4.32</c>.</param>
    public static bool IsStrict(ReadOnlySpan<byte> library, string version) =>
        FindFlags(library, version) is { } at && (BinaryPrimitives.ReadUInt16LittleEndian(library[at..]) & WeakFlag) == 0;

    /// <summary>Returns a copy in which the requirement of <paramref name="version"/> is weak; null when there is nothing to change.</summary>
    /// <param name="library">The bytes of an ELF64 little-endian shared library.</param>
    /// <param name="version">The version's name, for instance <c>GLIBCXX_3.4.32</c>.</param>
    public static byte[]? Relax(ReadOnlySpan<byte> library, string version)
    {
        if (!IsStrict(library, version))
            return null;

        var at = FindFlags(library, version)!.Value;
        var relaxed = library.ToArray();
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(relaxed.AsSpan(at));
        BinaryPrimitives.WriteUInt16LittleEndian(relaxed.AsSpan(at), (ushort)(flags | WeakFlag));
        return relaxed;
    }

    /// <summary>Offset of <c>vna_flags</c> of the requirement named <paramref name="version"/>, or null when the library has none.</summary>
    private static int? FindFlags(ReadOnlySpan<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
            throw new InvalidDataException("Not an ELF64 little-endian file.");

        var sectionTable = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]));
        var sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3A..]);
        var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3C..]);
        for (var s = 0; s < sectionCount; s++)
        {
            var section = elf[(sectionTable + s * sectionSize)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[0x04..]) != SectionTypeVersionNeeds)
                continue;

            var needs = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..]));
            var stringSection = (int)BinaryPrimitives.ReadUInt32LittleEndian(section[0x28..]);
            var strings = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[(sectionTable + stringSection * sectionSize + 0x18)..]));
            return FindInNeeds(elf, needs, strings, version);
        }

        return null;
    }

    private static int? FindInNeeds(ReadOnlySpan<byte> elf, int need, int strings, string version)
    {
        while (true)
        {
            var count = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]);
            var auxiliary = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 8)..]);
            for (var i = 0; i < count; i++)
            {
                var name = strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(auxiliary + 8)..]);
                if (ReadString(elf[name..]) == version)
                    return auxiliary + 4;
                auxiliary += (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(auxiliary + 12)..]);
            }

            var next = (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 12)..]);
            if (next == 0)
                return null;
            need += next;
        }
    }

    private static string ReadString(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[..bytes.IndexOf((byte)0)]);
}
