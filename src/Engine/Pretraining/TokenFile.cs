using System.Runtime.InteropServices;
using Platform.Engine.Checkpoints;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Pretraining;

/// <summary>A corpus as token ids, two bytes each, documents ended by the end-of-text token.</summary>
public sealed class TokenFile
{
    private const string DocumentEnd = "<|endoftext|>";

    private readonly ushort[] _ids;

    private TokenFile(ushort[] ids) => _ids = ids;

    /// <summary>Number of tokens.</summary>
    public int Count => _ids.Length;

    /// <summary>All ids.</summary>
    public ReadOnlySpan<ushort> Ids => _ids;

    /// <summary>Reads documents from text in which a line <c>&lt;|endoftext|&gt;</c> ends each.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="maxCharacters">Where to stop.</param>
    public static IEnumerable<string> Documents(TextReader reader, long maxCharacters)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var document = new System.Text.StringBuilder();
        long read = 0;
        while (read < maxCharacters && reader.ReadLine() is { } line)
        {
            read += line.Length + 1;
            if (line != DocumentEnd)
            {
                document.Append(line).Append('\n');
                continue;
            }

            yield return document.ToString();
            document.Clear();
        }
    }

    /// <summary>Encodes documents and stores them.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="documents">The corpus.</param>
    /// <param name="tokenizer">At most 65,536 ids.</param>
    /// <param name="endToken">Id that ends a document.</param>
    /// <returns>The number of tokens.</returns>
    public static long Write(string path, IEnumerable<string> documents, Tokenizer tokenizer, int endToken)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(documents);
        if (tokenizer.VocabularySize > ushort.MaxValue + 1)
            throw new ArgumentException($"Token files hold ids of two bytes; the vocabulary has {tokenizer.VocabularySize}.", nameof(tokenizer));
        long count = 0;
        AtomicFile.Write(path, stream =>
        {
            foreach (var document in documents)
            {
                ushort[] ids = [.. tokenizer.Encode(document, allowSpecial: false).Select(id => (ushort)id), (ushort)endToken];
                stream.Write(MemoryMarshal.AsBytes(ids.AsSpan()));
                count += ids.Length;
            }
        });
        return count;
    }

    /// <summary>Reads a stored corpus.</summary>
    /// <param name="path">The file.</param>
    public static TokenFile Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return new TokenFile(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray());
    }
}
