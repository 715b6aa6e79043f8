using System.Diagnostics;
using System.Text;
using Platform.Engine.Tokenization;

namespace Platform.TokenizerBench;

/// <summary>
/// Encoding speed on one thread against Hugging Face's library, in one run: passes of the two take turns, so that other work on the
/// machine hits both. Processor time is compared too, which other work disturbs less than the clock.
/// </summary>
internal static class Speed
{
    private const int Kilobyte = 1024;

    // A pass is long enough for the clocks, and the first passes are for the compilers and caches of both.
    private const int LeastPassBytes = 384 * Kilobyte;
    private const int WarmUpRounds = 4;

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
        Console.WriteLine("MB/s of UTF-8 on one thread, inputs of 1 KB: median [least, most] of " + rounds + " passes; ratios of the medians");
        Console.WriteLine();
        Console.WriteLine("| tokenizer | texts | Hugging Face, one call a text | Hugging Face, one call for all | this engine | ratio to the better | in processor time |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|");
        foreach (var name in names)
        {
            foreach (var (set, texts) in sets)
                Measure(name, set, LongEnough(texts), rounds);
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
            return Median(Enumerable.Range(0, rounds).Select(_ => bytes / Encode(tokenizer, texts) / 1e6));
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
            var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
            List<(double Clock, double Processor)> single = [], batch = [], ours = [];
            for (var round = -WarmUpRounds; round < rounds; round++)
            {
                var passes = (Ask("single"), Ask("batch"), EncodeTimed(tokenizer, texts));
                if (round < 0)
                    continue;
                single.Add(passes.Item1);
                batch.Add(passes.Item2);
                ours.Add(passes.Item3);
            }

            node.StandardInput.Close();
            node.WaitForExit();
            var clock = Ratio(pass => pass.Clock);
            var processor = Ratio(pass => pass.Processor);
            Console.WriteLine($"| {name} | {set} | {Show(single)} | {Show(batch)} | {Show(ours)} | {clock:F1} | {processor:F1} |");

            (double Clock, double Processor) Ask(string mode)
            {
                node.StandardInput.WriteLine(mode);
                node.StandardInput.Flush();
                var nanoseconds = node.StandardOutput.ReadLine()!.Split(' ').Select(long.Parse).ToArray();
                return (nanoseconds[0] / 1e9, nanoseconds[1] / 1e9);
            }

            double Ratio(Func<(double Clock, double Processor), double> of) =>
                Math.Min(Median(single.Select(of)), Median(batch.Select(of))) / Median(ours.Select(of));

            string Show(List<(double Clock, double Processor)> passes)
            {
                var speeds = passes.Select(pass => bytes / pass.Clock / 1e6).ToList();
                return $"{Median(speeds):F1} [{speeds.Min():F1}, {speeds.Max():F1}]";
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

    private static (double Clock, double Processor) EncodeTimed(Tokenizer tokenizer, List<string> texts)
    {
        // The compiler's and the collector's threads count too.
        var before = Environment.CpuUsage.TotalTime;
        var clock = Encode(tokenizer, texts);
        return (clock, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

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

    private static List<string> LongEnough(List<string> texts) =>
        [.. Enumerable.Repeat(texts, 1 + LeastPassBytes / (texts.Count * Kilobyte)).SelectMany(all => all)];

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
