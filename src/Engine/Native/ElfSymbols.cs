using System.Buffers.Binary;
using System.Text;

namespace Platform.Engine.Native;

/// <summary>The dynamic symbols of an ELF64 little-endian shared library (System V ABI: Elf64_Shdr, Elf64_Sym).</summary>
/// <remarks>Only the two sections that hold them are read: CUDA's libraries have more than a gigabyte.</remarks>
internal static class ElfSymbols
{
    private const int DynamicSymbols = 11; // SHT_DYNSYM
    private const int SymbolBytes = 24;
    private const int GlobalBinding = 1; // STB_GLOBAL; a weak symbol may stay undefined

    /// <summary>Names that a library defines, or needs from others.</summary>
    /// <param name="path">The library.</param>
    /// <param name="defined">True for those that it defines, false for those that it needs.</param>
    /// <exception cref="InvalidDataException">It is not such a library.</exception>
    public static IEnumerable<string> Read(string path, bool defined)
    {
        using var file = File.OpenHandle(path);
        var header = Read(file, 0, 64, path);
        if (!header.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException($"{path} is not an ELF64 little-endian library.");
        var (table, size, count) = (Long(header, 0x28), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(0x3A)), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(0x3C)));
        var sections = Read(file, table, size * count, path);
        for (var s = 0; s < count; s++)
        {
            var at = s * size;
            if (Int(sections, at + 4) != DynamicSymbols)
                continue;
            var symbols = Read(file, Long(sections, at + 0x18), checked((int)Long(sections, at + 0x20)), path);
            var strings = Int(sections, at + 0x28) * size;
            var names = Read(file, Long(sections, strings + 0x18), checked((int)Long(sections, strings + 0x20)), path);
            for (var symbol = 0; symbol + SymbolBytes <= symbols.Length; symbol += SymbolBytes)
            {
                var (binding, section) = (symbols[symbol + 4] >> 4, BinaryPrimitives.ReadUInt16LittleEndian(symbols.AsSpan(symbol + 6)));
                if (defined ? section != 0 : section == 0 && binding == GlobalBinding)
                    yield return Name(names, Int(symbols, symbol));
            }
        }
    }

    private static string Name(byte[] names, int at) => Encoding.ASCII.GetString(names, at, Array.IndexOf(names, (byte)0, at) - at);

    private static int Int(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    private static long Long(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private static byte[] Read(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, int length, string path)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
            if (read == 0)
                throw new InvalidDataException($"{path} is cut off: it ends before byte {offset + length}.");
            done += read;
        }

        return bytes;
    }
}
