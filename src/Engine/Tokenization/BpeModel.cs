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
    /// <summary>What SentencePiece writes for a blank.</summary>
    public const char Mark = '\u2581';

    // Natural text repeats its words; longer pieces are rarely seen twice and would fill the memory.
    private const int CachedWordLength = 48;
    private const int CacheCapacity = 100_000;

    // A thread keeps the arrays of its last merge for the next one, unless they are big.
    private const int KeptSymbols = 16_384;

    [ThreadStatic]
    private static SymbolMerge? t_merge;

    private readonly BpeDefinition _definition;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idByText;
    private readonly int[] _idByByte = new int[256];
    private readonly int[] _idByCharacter = new int[0x10000];
    private readonly bool _cutsAtMarks;
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

        Array.Fill(_idByCharacter, -1);
        foreach (var (token, id) in definition.Vocabulary)
        {
            if (token.Length == 1)
                _idByCharacter[token[0]] = id;
        }

        // The mark's own token ends a run of unknowns, so that those are not fused across it either.
        _cutsAtMarks = definition.JoinedWithMark is not null && !definition.ByteLevel && !definition.LooksUpWholeWords
            && _idByCharacter[Mark] >= 0 && _idByCharacter[Mark] != definition.UnknownId;
    }

    /// <summary>Entries taken from the merge heap since the start: the work done, for tests of its growth.</summary>
    internal long MergeSteps => Interlocked.Read(ref _mergeSteps);

    /// <summary>Appends the tokens of one word to <paramref name="ids"/>.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        // A text that no pre-tokenizer has cut is cut here, where that changes nothing but the number of words in the cache.
        while (_cutsAtMarks && NextWord(word) is > 0 and var length)
        {
            EncodeWord(word[..length], ids);
            word = word[length..];
        }

        EncodeWord(word, ids);
    }

    // Where the second word begins: at a mark behind a character that is no mark and is never joined with one. Negative when there is one word only.
    private int NextWord(ReadOnlySpan<char> text)
    {
        for (var from = 0; ; from++)
        {
            var inner = text[from..].IndexOfAnyExcept(Mark);
            var next = inner < 0 ? -1 : text[(from + inner)..].IndexOf(Mark);
            if (next < 0)
                return -1;
            from += inner + next;
            if (!_definition.JoinedWithMark!.Contains(text[from - 1]))
                return from;
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
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

        ids.AddRange(tokens.AsSpan());
    }

    private int[] EncodeUncached(ReadOnlySpan<char> word)
    {
        if (_definition.LooksUpWholeWords && WholeWord(word) is { } whole)
            return [whole];

        var merge = t_merge ?? new SymbolMerge();
        t_merge = null;
        merge.Symbols.Clear();
        if (_definition.ByteLevel)
            AddBytes(word, merge.Symbols);
        else
            AddCharacters(word, merge.Symbols);

        var length = merge.Symbols.Count;
        Interlocked.Add(ref _mergeSteps, merge.Run(_definition.Merges));
        if (length <= KeptSymbols)
            t_merge = merge;
        return [.. merge.Symbols];
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
        var unknowns = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            foreach (var value in buffer[..rune.EncodeToUtf8(buffer)])
            {
                if (_idByByte[value] is >= 0 and var id)
                    AddKnown(id, symbols, ref unknowns);
                else
                    AddUnknown(symbols, ref unknowns);
            }
        }

        FlushUnknown(symbols, ref unknowns);
    }

    private void AddCharacters(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        var unknowns = 0;
        for (var i = 0; i < word.Length;)
        {
            Rune.DecodeFromUtf16(word[i..], out var rune, out var length);
            if (IdOf(word.Slice(i, length)) is >= 0 and var id)
            {
                AddKnown(id, symbols, ref unknowns);
            }
            else if (_definition.ByteFallback && bytes[..rune.EncodeToUtf8(bytes)] is var utf8 && AllBytesKnown(utf8))
            {
                // The reference leaves a pending unknown pending here, behind the bytes.
                foreach (var value in utf8)
                    symbols.Add(_idByByte[value]);
            }
            else
            {
                AddUnknown(symbols, ref unknowns);
            }

            i += length;
        }

        FlushUnknown(symbols, ref unknowns);
    }

    private int IdOf(ReadOnlySpan<char> character)
    {
        if (character.Length == 1)
            return _idByCharacter[character[0]];
        return _idByText.TryGetValue(character, out var id) ? id : -1;
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

    private void AddKnown(int id, List<int> symbols, ref int unknowns)
    {
        FlushUnknown(symbols, ref unknowns);
        symbols.Add(id);
    }

    private void AddUnknown(List<int> symbols, ref int unknowns)
    {
        if (!_definition.FusesUnknown)
            FlushUnknown(symbols, ref unknowns);
        unknowns++;
    }

    // Without an unknown token, what the vocabulary lacks is dropped: that is what the reference does.
    private void FlushUnknown(List<int> symbols, ref int unknowns)
    {
        if (unknowns > 0 && _definition.UnknownId is { } unknown)
            symbols.Add(unknown);
        unknowns = 0;
    }
}
