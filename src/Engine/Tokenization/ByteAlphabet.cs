namespace Platform.Engine.Tokenization;

/// <summary>
/// The alphabet of byte-level tokenizers (GPT-2 and everything after it): each of the 256 bytes is written as one visible
/// character, so that a vocabulary of arbitrary byte strings can be kept in a JSON file.
/// </summary>
/// <remarks>
/// The printable bytes of Latin-1 stand for themselves; the others (controls, the blank, 0x7F-0xA0, 0xAD) take U+0100 and
/// upwards in order. A blank is therefore written <c>Ġ</c> and a line feed <c>Ċ</c>.
/// </remarks>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = BuildCharacters();
    private static readonly short[] Bytes = BuildBytes();

    /// <summary>The character that stands for <paramref name="value"/>.</summary>
    public static char ToCharacter(byte value) => Characters[value];

    /// <summary>The byte that <paramref name="character"/> stands for; false when it is not of this alphabet.</summary>
    public static bool TryGetByte(char character, out byte value)
    {
        var found = character < Bytes.Length ? Bytes[character] : (short)-1;
        value = (byte)found;
        return found >= 0;
    }

    /// <summary>Writes a byte string in this alphabet.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            text[i] = Characters[bytes[i]];
        return new string(text);
    }

    private static char[] BuildCharacters()
    {
        var characters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = (char)(printable ? value : next++);
        }

        return characters;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[Characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
            bytes[Characters[value]] = (short)value;
        return bytes;
    }
}
