using System.Runtime.InteropServices;

namespace Platform.Engine.Tokenization;

/// <summary>Counts the words (pre-tokenized pieces) of a sample; the special tokens themselves are left out.</summary>
internal sealed class WordCounter
{
    private readonly SplitPattern _pattern;
    private readonly AddedTokenMatcher _specialTokens;
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly List<Section> _sections = [];
    private readonly List<(int Start, int Length)> _matches = [];

    public WordCounter(SplitPattern pattern, IEnumerable<string> specialTokens)
    {
        _pattern = pattern;
        _specialTokens = new AddedTokenMatcher(specialTokens.Select((token, id) => new AddedToken(id, token)));
        _bySpan = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Each distinct word with its number of occurrences.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>Adds the words of one document.</summary>
    public void Add(string document)
    {
        _sections.Clear();
        _specialTokens.Split(UnicodeText.ReplaceLoneSurrogates(document).AsMemory(), _sections);
        foreach (var section in _sections)
        {
            if (section.Token is null)
                AddSection(section.Text.Span);
        }
    }

    private void AddSection(ReadOnlySpan<char> text)
    {
        _matches.Clear();
        _pattern.FindMatches(text, _matches);
        foreach (var (start, length) in _matches)
            CollectionsMarshal.GetValueRefOrAddDefault(_bySpan, text.Slice(start, length), out _)++;
    }
}
