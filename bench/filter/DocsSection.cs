namespace Platform.FilterBench;

/// <summary>The generated part of a page, between two marks.</summary>
internal static class DocsSection
{
    private const string Begin = "<!-- bench/filter -->";
    private const string End = "<!-- /bench/filter -->";

    /// <exception cref="InvalidDataException">The page has no place for it.</exception>
    public static void Write(string page, string section)
    {
        var text = File.ReadAllText(page);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{page} has no lines {Begin} and {End} to write between.");
        File.WriteAllText(page, $"{text[..(begin + Begin.Length)]}\n{section.TrimEnd()}\n{text[end..]}");
    }
}
