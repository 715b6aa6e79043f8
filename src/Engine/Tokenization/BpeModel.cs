using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>Byte pair encoding of one word (a pre-tokenized piece): its symbols, then merges, the best ranked first.</summary>
/// <remarks>
/// Our own, because it is the innermost loop of every request and must agree with Hugging Face's to the last token, including byte
/// fallback, fused unknowns and words that are looked up whole. A word of n symbols takes O(n log n) merges of a heap over a linked
/// list, so a text without any blank does no harm.
/// Safe for use by many threads.
/// </remarks>
internal sealed class BpeModel
{
    // Natural text repeats its words; longer pieces are rarely seen twice and would fill the memory.
    private const int CachedWordLength = 48;
    private const int CacheCapacity = 100_000;

    private readonly BpeDefinition _definition;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idByText;
    private readonly int[] _idByByte = new int[256];
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheBySpan;
    private int _cached;
    private long _mergeSteps;

    public BpeModel(BpeDefinition definition)
    {
        _definition = definition;
        _idByText = definition.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cacheBySpan = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var value = 0; value < 256; value++)
        {
            var symbol = definition.ByteLevel
                ? ByteAlphabet.ToCharacter((byte)value).ToString()
                : "<0x" + value.ToString("X2", CultureInfo.InvariantCulture) + ">";
            _idByByte[value] = definition.Vocabulary.GetValueOrDefault(symbol, -1);
        }
    }

    /// <summary>Entries taken from the merge heap since the start: the work done, for tests of its growth.</summary>
    internal long MergeSteps => Interlocked.Read(ref _mergeSteps);

    /// <summary>Appends the tokens of one word to <paramref name="ids"/>.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.IsEmpty)
            return;
        if (word.Length > CachedWordLength)
        {
            ids.AddRange(EncodeUncached(word));
            return;
        }

        if (!_cacheBySpan.TryGetValue(word, out var tokens))
        {
            tokens = EncodeUncached(word);
            if (_cached < CacheCapacity && _cacheBySpan.TryAdd(word, tokens))
                Interlocked.Increment(ref _cached);
        }

        ids.AddRange(tokens);
    }

    private int[] EncodeUncached(ReadOnlySpan<char> word)
    {
        if (_definition.LooksUpWholeWords && WholeWord(word) is { } whole)
            return [whole];

        var symbols = new List<int>(word.Length);
        if (_definition.ByteLevel)
            AddBytes(word, symbols);
        else
            AddCharacters(word, symbols);

        var merge = new SymbolMerge(symbols, _definition.Merges);
        var tokens = merge.Run();
        Interlocked.Add(ref _mergeSteps, merge.Steps);
        return tokens;
    }

    private int? WholeWord(ReadOnlySpan<char> word)
    {
        int id;
        if (_definition.ByteLevel)
        {
            var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
            Encoding.UTF8.GetBytes(word, bytes);
            return _definition.Vocabulary.TryGetValue(ByteAlphabet.ToText(bytes), out id) ? Unless(id) : null;
        }

        return _idByText.TryGetValue(word, out id) ? Unless(id) : null;
    }

    // A special token comes only from the search for added tokens: text that merely spells one must not become one.
    private int? Unless(int id) => _definition.SpecialIds.Contains(id) ? null : id;

    private void AddBytes(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<byte> buffer = stackalloc byte[4];
        var previousUnknown = false;
        foreach (var rune in word.EnumerateRunes())
        {
            foreach (var value in buffer[..rune.EncodeToUtf8(buffer)])
                AddOrUnknown(_idByByte[value], symbols, ref previousUnknown);
        }
    }

    private void AddCharacters(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<char> text = stackalloc char[2];
        Span<byte> bytes = stackalloc byte[4];
        var previousUnknown = false;
        foreach (var rune in word.EnumerateRunes())
        {
            if (_idByText.TryGetValue(text[..rune.EncodeToUtf16(text)], out var id))
            {
                AddOrUnknown(id, symbols, ref previousUnknown);
                continue;
            }

            var utf8 = bytes[..rune.EncodeToUtf8(bytes)];
            if (_definition.ByteFallback && AllBytesKnown(utf8))
            {
                foreach (var value in utf8)
                    AddOrUnknown(_idByByte[value], symbols, ref previousUnknown);
            }
            else
            {
                AddOrUnknown(-1, symbols, ref previousUnknown);
            }
        }
    }

    private bool AllBytesKnown(ReadOnlySpan<byte> utf8)
    {
        foreach (var value in utf8)
        {
            if (_idByByte[value] < 0)
                return false;
        }

        return true;
    }

    // Without an unknown token, what the vocabulary lacks is dropped: that is what the reference does.
    private void AddOrUnknown(int id, List<int> symbols, ref bool previousUnknown)
    {
        if (id >= 0)
        {
            symbols.Add(id);
            previousUnknown = false;
        }
        else if (_definition.UnknownId is { } unknown && !(previousUnknown && _definition.FusesUnknown))
        {
            symbols.Add(unknown);
            previousUnknown = true;
        }
    }
}
