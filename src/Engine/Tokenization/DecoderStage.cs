using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>
/// One step from tokens back to text. It takes parts one by one and hands on what is certain, so the same steps serve a whole
/// decoding and a stream. An instance holds the state of one text.
/// </summary>
internal abstract class DecoderStage
{
    /// <summary>Takes one part; appends what can be handed on.</summary>
    public abstract void Take(string part, List<string> output);

    /// <summary>What a part becomes in the middle of a text.</summary>
    public virtual string Inside(string part) => part;

    /// <summary>The bytes of a part in the middle of a text where this stage turns it into bytes, which may be less than a character; null elsewhere.</summary>
    public virtual byte[]? BytesInside(string part) => null;

    /// <summary>The text has ended; appends what was held back.</summary>
    public virtual void Finish(List<string> output)
    {
    }
}

/// <summary>Bytes in the byte alphabet to UTF-8 text; what is no valid UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelStage : DecoderStage
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();

    public override void Take(string part, List<string> output) => Convert(ToBytes(part), flush: false, output);

    public override byte[] BytesInside(string part) => ToBytes(part);

    public override void Finish(List<string> output) => Convert([], flush: true, output);

    private static byte[] ToBytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            // A token that is not written in the alphabet (an added token with a blank, say) stands for its own text.
            if (!ByteAlphabet.TryGetByte(token[i], out bytes[i]))
                return Encoding.UTF8.GetBytes(token);
        }

        return bytes;
    }

    private void Convert(byte[] bytes, bool flush, List<string> output)
    {
        var characters = new char[_utf8.GetCharCount(bytes, flush)];
        var count = _utf8.GetChars(bytes, characters, flush);
        if (count > 0)
            output.Add(new string(characters, 0, count));
    }
}

/// <summary>Tokens of the form &lt;0xE2&gt; to text.</summary>
/// <param name="prompt">
/// Hand on every complete character at once (a stream), instead of waiting for the end of the run of bytes. The two differ only in
/// runs that are no valid UTF-8, all of which the reference replaces.
/// </param>
internal sealed class ByteFallbackStage(bool prompt) : DecoderStage
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<byte> _run = [];

    public override void Take(string part, List<string> output)
    {
        if (TryReadByte(part, out var value))
        {
            _run.Add(value);
            if (prompt)
                EmitIfValid(output);
            return;
        }

        Finish(output);
        output.Add(part);
    }

    public override void Finish(List<string> output)
    {
        if (_run.Count == 0 || EmitIfValid(output))
            return;
        output.Add(new string('\uFFFD', _run.Count));
        _run.Clear();
    }

    private bool EmitIfValid(List<string> output)
    {
        try
        {
            output.Add(Strict.GetString([.. _run]));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        _run.Clear();
        return true;
    }

    public override byte[]? BytesInside(string part) => TryReadByte(part, out var value) ? [value] : null;

    private static bool TryReadByte(string part, out byte value)
    {
        value = 0;
        return part.Length == 6 && part.StartsWith("<0x", StringComparison.Ordinal) && part[5] == '>'
            && byte.TryParse(part.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

/// <summary>Replaces a text within each part.</summary>
internal sealed class ReplaceStage(Func<string, string> replace) : DecoderStage
{
    public override void Take(string part, List<string> output) => output.Add(replace(part));

    public override string Inside(string part) => replace(part);
}

/// <summary>Takes up to <paramref name="count"/> of a character off the start: of each token, or once the tokens are fused of the text.</summary>
internal sealed class StripStartStage(char content, int count, bool fused) : DecoderStage
{
    private int _left;
    private bool _started;

    public override void Take(string part, List<string> output)
    {
        if (!fused || !_started)
            _left = count;
        _started = true;
        var start = 0;
        while (start < part.Length && _left > 0 && part[start] == content)
        {
            start++;
            _left--;
        }

        if (start < part.Length)
            _left = 0;
        output.Add(part[start..]);
    }

    public override string Inside(string part)
    {
        var start = 0;
        while (!fused && start < count && start < part.Length && part[start] == content)
            start++;
        return part[start..];
    }
}

/// <summary>The visible mark of SentencePiece back to blanks; the first token loses the blank that encoding put before the text.</summary>
internal sealed class MetaspaceStage(char replacement, bool dropsFirst) : DecoderStage
{
    private bool _first = true;

    public override void Take(string part, List<string> output)
    {
        output.Add(_first && dropsFirst
            ? part.Replace(replacement.ToString(), "", StringComparison.Ordinal)
            : part.Replace(replacement, ' '));
        _first = false;
    }

    public override string Inside(string part) => part.Replace(replacement, ' ');
}

/// <summary>No decoder: tokens with a blank between them.</summary>
internal sealed class BlankBetweenStage : DecoderStage
{
    private bool _first = true;

    public override void Take(string part, List<string> output)
    {
        output.Add(_first ? part : " " + part);
        _first = false;
    }

    public override string Inside(string part) => " " + part;
}
