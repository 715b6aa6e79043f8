namespace Platform.Engine.Tokenization;

/// <summary>
/// Decodes the tokens of one text as they come. It never hands out half a character: bytes wait until their character is complete.
/// Used by one thread at a time.
/// </summary>
/// <remarks>
/// The parts together are what <see cref="Tokenizer.Decode"/> gives. One exception, where a model spells characters byte by byte and the
/// bytes are not valid: the whole-text decoding then replaces the entire run of bytes, the stream only what it has not handed out yet.
/// </remarks>
public sealed class StreamingDecoder
{
    private readonly Func<int, string?> _tokenOf;
    private readonly Decoding _decoding;
    private bool _finished;

    internal StreamingDecoder(Func<int, string?> tokenOf, Decoding decoding)
    {
        _tokenOf = tokenOf;
        _decoding = decoding;
    }

    /// <summary>Takes the next token; returns the text that it completes, which may be empty.</summary>
    /// <exception cref="InvalidOperationException">The text was ended before.</exception>
    public string Append(int id)
    {
        if (_finished)
            throw new InvalidOperationException("This text has ended; create a new streaming decoder for the next one.");
        if (_tokenOf(id) is { } token)
            _decoding.Take(token);
        return _decoding.Drain();
    }

    /// <summary>Ends the text; returns what was held back, with U+FFFD for bytes whose character never became complete.</summary>
    public string Finish()
    {
        if (_finished)
            return "";
        _finished = true;
        return _decoding.Finish();
    }
}
