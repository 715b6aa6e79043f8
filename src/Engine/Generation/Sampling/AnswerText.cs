using System.Text;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Sampling;

/// <summary>
/// The text of one answer as it is generated, cut before the first stop string. What may still become a stop string is held back, and not one
/// character more. Used by one thread at a time.
/// </summary>
/// <remarks>
/// The result does not depend on how the text is cut into tokens: the stop string that is complete first ends the text, and of two that are
/// complete with the same character the longer. Characters are never split.
/// </remarks>
/// <param name="stops">The stop strings; one object serves all answers.</param>
/// <param name="decoder">A fresh decoder of the answer's tokens.</param>
/// <param name="trimmed">White space around the answer is not part of it, and no stop string is looked for in that before it.</param>
public sealed class AnswerText(StopStrings stops, StreamingDecoder decoder, bool trimmed = false)
{
    private readonly StringBuilder _held = new();
    private int _node;
    private bool _started = !trimmed;
    private bool _finished;

    /// <summary>The stop string that ended the answer; null as long as none did.</summary>
    public string? Stop { get; private set; }

    /// <summary>Whether a stop string ended the answer: nothing may be appended any more.</summary>
    public bool HasStopped => Stop is not null;

    /// <summary>Takes the next token of the answer, which must not be its end token.</summary>
    /// <param name="token">Its id.</param>
    /// <returns>The text that is certain to belong to the answer now; may be empty.</returns>
    /// <exception cref="InvalidOperationException">The answer has ended.</exception>
    public string Append(int token)
    {
        if (_finished || HasStopped)
            throw new InvalidOperationException("This answer has ended; start a new one for the next one.");
        return Take(decoder.Append(token));
    }

    /// <summary>Ends the answer, because of an end token or a limit; harmless when it ended before.</summary>
    /// <returns>What was held back, with U+FFFD for a character that never became complete; nothing behind a stop string, which can still be found in it.</returns>
    public string Finish()
    {
        if (_finished || HasStopped)
            return "";
        _finished = true;
        var text = Take(decoder.Finish());
        if (HasStopped)
            return text;
        text += _held;
        return trimmed ? text.TrimEnd() : text;
    }

    private string Take(string text)
    {
        if (!_started)
        {
            text = text.TrimStart();
            _started = text.Length > 0;
        }

        for (var i = 0; i < text.Length; i++)
        {
            _node = stops.Next(_node, text[i]);
            if (stops.Match(_node) is not { } stop)
                continue;
            Stop = stop;
            _held.Append(text, 0, i + 1);
            return Release(stop.Length);
        }

        _held.Append(text);
        return Release(stops.Depth(_node));
    }

    private string Release(int keep)
    {
        var certain = _held.ToString(0, _held.Length - keep);
        if (trimmed)
            certain = certain.TrimEnd();
        _held.Remove(0, certain.Length);
        return certain;
    }
}
