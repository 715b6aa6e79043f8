using System.Diagnostics;
using System.Text;
using Platform.Engine.Tokenization;

namespace Platform.TokenizerBench;

/// <summary>
/// Encoding speed on one thread against Hugging Face's library, in one run: passes of the two take turns, so that other work on the
/// machine hits both.
/// </summary>
internal static class Speed
{
    private const int Kilobyte = 1024;

    /// <summary>Measures every tokenizer on every set of texts; prints a table.</summary>
    public static void Run(string repository, IReadOnlyList<string> names, int rounds)
    {
        var sets = new (string Name, List<string> Texts)[]
        {
            ("prose", Chunks(repository, "*.md", "docs")),
            ("code", Chunks(repository, "*.cs", "src/Engine")),
            ("many scripts", ManyScripts(200)),
            ("rare words", RareWords(2000)),
        };
        Console.WriteLine("MB/s of UTF-8 on one thread, inputs of 1 KB: median [least, most] of " + rounds + " passes");
        Console.WriteLine();
        Console.WriteLine("| tokenizer | texts | Hugging Face, one call a text | Hugging Face, one call for all | this engine | ratio to the better |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|");
        foreach (var name in names)
        {
            foreach (var (set, texts) in sets)
                Measure(name, set, texts, rounds);
        }

        Console.WriteLine();
        Console.WriteLine("One character again and again, MB/s of this engine (a median of " + rounds + "): linear is the same speed at every length");
        Console.WriteLine();
        Console.WriteLine("| tokenizer | character | 1 KB | 64 KB | 1 MB |");
        Console.WriteLine("|---|---|---:|---:|---:|");
        foreach (var name in names)
        {
            var tokenizer = Tokenizer.Load(NodePackages.TokenizerFile(name));
            foreach (var character in (string[])["a", " ", "0", "\u4e2d"])
                MeasureRun(name, tokenizer, character, rounds);
        }
    }

    private static void MeasureRun(string name, Tokenizer tokenizer, string character, int rounds)
    {
        var size = Encoding.UTF8.GetByteCount(character);
        var speeds = new[] { Kilobyte, 64 * Kilobyte, 1024 * Kilobyte }.Select(bytes =>
        {
            List<string> texts = [string.Concat(Enumerable.Repeat(character, bytes / size))];
            Encode(tokenizer, texts);
            return Median([.. Enumerable.Range(0, rounds).Select(_ => bytes / Encode(tokenizer, texts) / 1e6)]);
        });
        Console.WriteLine($"| {name} | U+{(int)character[0]:X4} | {string.Join(" | ", speeds.Select(speed => speed.ToString("F1")))} |");
    }

    private static void Measure(string name, string set, List<string> texts, int rounds)
    {
        var path = Path.GetTempFileName();
        try
        {
            Oracle.WriteTexts(path, texts);
            var tokenizer = Tokenizer.Load(NodePackages.TokenizerFile(name));
            using var node = NodePackages.StartNode(NodePackages.Oracle, "speed", NodePackages.Folder!, NodePackages.TokenizerFile(name), path);
            var bytes = texts.Sum(text => Encoding.UTF8.GetByteCount(text));
            List<double> single = [], batch = [], ours = [];
            for (var round = -2; round < rounds; round++)
            {
                var times = (Ask("single"), Ask("batch"), Encode(tokenizer, texts));
                if (round < 0)
                    continue;
                single.Add(bytes / times.Item1 / 1e6);
                batch.Add(bytes / times.Item2 / 1e6);
                ours.Add(bytes / times.Item3 / 1e6);
            }

            node.StandardInput.Close();
            node.WaitForExit();
            var ratio = Median(ours) / Math.Max(Median(single), Median(batch));
            Console.WriteLine($"| {name} | {set} | {Show(single)} | {Show(batch)} | {Show(ours)} | {ratio:F1} |");

            double Ask(string mode)
            {
                node.StandardInput.WriteLine(mode);
                node.StandardInput.Flush();
                return long.Parse(node.StandardOutput.ReadLine()!) / 1e9;
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double Encode(Tokenizer tokenizer, List<string> texts)
    {
        var clock = Stopwatch.GetTimestamp();
        foreach (var text in texts)
            tokenizer.Encode(text);
        return Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }

    private static string Show(List<double> values) => $"{Median(values):F1} [{values.Min():F1}, {values.Max():F1}]";

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static List<string> Chunks(string repository, string pattern, string folder)
    {
        var files = Directory.EnumerateFiles(Path.Combine(repository, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return Chunks(string.Join('\n', files.Select(File.ReadAllText))).Take(200).ToList();
    }

    private static IEnumerable<string> Chunks(string text)
    {
        for (var start = 0; start + Kilobyte <= text.Length; start += Kilobyte)
            yield return text.Substring(start, Kilobyte);
    }

    private static List<string> ManyScripts(int count)
    {
        var texts = new Texts(2, [], []);
        return [.. Enumerable.Range(0, count).Select(_ => texts.Sentences(Kilobyte))];
    }

    // Pronounceable nonsense: hardly a word comes twice, so that no cache of words helps.
    private static List<string> RareWords(int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var text = new StringBuilder(Kilobyte);
            while (text.Length < Kilobyte - 12)
            {
                for (var syllables = random.Next(2, 5); syllables > 0; syllables--)
                    text.Append("bcdfghklmnprstvw"[random.Next(16)]).Append("aeiou"[random.Next(5)]).Append(random.Next(3) == 0 ? "n" : "");
                text.Append(' ');
            }

            return text.ToString();
        })];
    }
}
