using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Platform.TokenizerBench;

/// <summary>What Hugging Face's library makes of a text.</summary>
internal sealed record OracleText(int[] Ids, int[] Special, string Decoded, string Skipped);

/// <summary>What Hugging Face's library makes of a list of token ids: with special tokens, and without.</summary>
internal sealed record OracleIds(string Decoded, string Skipped);

/// <summary>Runs Hugging Face's tokenizers library on texts and on token ids.</summary>
internal static class Oracle
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>Encodes the texts and decodes the id lists with the tokenizer.json at <paramref name="definition"/>.</summary>
    public static (OracleText[] Texts, OracleIds[] Ids) Ask(string definition, IReadOnlyList<string> texts, IReadOnlyList<int[]> ids)
    {
        var folder = Directory.CreateTempSubdirectory("platform-oracle-").FullName;
        try
        {
            string textFile = Path.Combine(folder, "texts"), idFile = Path.Combine(folder, "ids"), answerFile = Path.Combine(folder, "answers");
            WriteTexts(textFile, texts);
            File.WriteAllLines(idFile, ids.Select(list => JsonSerializer.Serialize(list)));
            using var process = NodePackages.StartNode(
                NodePackages.Oracle, "parity", NodePackages.Folder!, definition, textFile, idFile, answerFile);
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"The oracle ended with exit code {process.ExitCode} for '{definition}'.");
            var lines = File.ReadAllLines(answerFile);
            return (
                [.. lines.Take(texts.Count).Select(line => JsonSerializer.Deserialize<OracleText>(line, Format)!)],
                [.. lines.Skip(texts.Count).Select(line => JsonSerializer.Deserialize<OracleIds>(line, Format)!)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writes one JSON string a line. Half surrogate pairs are kept, which the usual writers replace.</summary>
    public static void WriteTexts(string path, IEnumerable<string> texts)
    {
        using var writer = new StreamWriter(path);
        var line = new StringBuilder();
        foreach (var text in texts)
        {
            line.Clear().Append('"');
            foreach (var character in text)
            {
                if (character is >= ' ' and <= '~' and not '"' and not '\\')
                    line.Append(character);
                else
                    line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }

            writer.WriteLine(line.Append('"'));
        }
    }
}
