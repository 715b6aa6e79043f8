namespace Platform.Engine.Tokenization;

/// <summary>Text as the tokenizers of the field see it: a sequence of code points, never half a surrogate pair.</summary>
internal static class UnicodeText
{
    /// <summary>The same text, with U+FFFD in place of every surrogate that has no partner.</summary>
    public static string ReplaceLoneSurrogates(string text)
    {
        var index = NextLoneSurrogate(text, 0);
        if (index < 0)
            return text;

        var characters = text.ToCharArray();
        for (; index >= 0; index = NextLoneSurrogate(text, index + 1))
            characters[index] = '\uFFFD';
        return new string(characters);
    }

    private static int NextLoneSurrogate(string text, int start)
    {
        while (start < text.Length)
        {
            var offset = text.AsSpan(start).IndexOfAnyInRange('\uD800', '\uDFFF');
            if (offset < 0)
                return -1;
            var index = start + offset;
            if (index + 1 >= text.Length || !char.IsSurrogatePair(text[index], text[index + 1]))
                return index;
            start = index + 2;
        }

        return -1;
    }
}
