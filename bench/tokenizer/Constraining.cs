using System.Diagnostics;
using System.Text;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Tokenization;

namespace Platform.TokenizerBench;

/// <summary>What constrained decoding and sampling cost beside a model's forward pass: time and memory, for published vocabularies.</summary>
internal static class Constraining
{
    private const string Schema = """
        {"type":"object","required":["intent","slots"],"additionalProperties":false,"properties":{
          "intent":{"enum":["book_hotel","cancel","complain"]},
          "slots":{"type":"array","maxItems":5,"items":{"type":"object","required":["name","value"],"properties":{
            "name":{"type":"string","pattern":"^[a-z_]{1,20}$"},"value":{"type":"string","maxLength":200},"confidence":{"type":"number","minimum":0,"maximum":1}}}},
          "note":{"type":["string","null"]}}}
        """;

    private const string Answer = """{"intent":"complain","slots":[{"name":"city","value":"the old town of Zürich, near the lake"},{"name":"nights","value":"3","confidence":0.75}],"note":null}""";

    /// <summary>Measures each tokenizer; prints tables.</summary>
    public static void Run(IReadOnlyList<string> names, int rounds)
    {
        Console.WriteLine($"Constraints: median of {rounds}; masks along one answer, once when nothing is known yet and once again");
        Console.WriteLine();
        Console.WriteLine("| tokenizer | tokens | vocabulary | constraint | compile | first mask | later masks, mean | slowest | again, mean | memory |");
        Console.WriteLine("|---|---:|---:|---|---:|---:|---:|---:|---:|---:|");
        foreach (var name in names)
            MeasureConstraints(name, Tokenizer.Load(NodePackages.TokenizerFile(name)), rounds);
        Console.WriteLine();
        Console.WriteLine($"Sampling of one row: microseconds, median of {rounds * 20}");
        Console.WriteLine();
        Console.WriteLine("| logits | row | greedy | greedy, log-probability | + 20 alternatives | temperature | top-k 50 | top-p 0.9 | min-p 0.05 | top-k 50, top-p 0.9, constraint |");
        Console.WriteLine("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        var digits = Digits();
        foreach (var size in (int[])[32_000, 152_000])
        {
            MeasureSampling(size, "peaked", 4, digits, rounds * 20);
            MeasureSampling(size, "flat", 0.5, digits, rounds * 20);
        }
    }

    private static TokenSet Digits()
    {
        var tokenizer = Tokenizer.Load(NodePackages.TokenizerFile("qwen3"));
        return Constraint.FromRegex("[0-9a-f]+", new TokenVocabulary(tokenizer, Enumerable.Range(0, tokenizer.VocabularySize).Last(tokenizer.IsSpecial))).Start().Allowed;
    }

    private static void MeasureConstraints(string name, Tokenizer tokenizer, int rounds)
    {
        int end = Enumerable.Range(0, tokenizer.VocabularySize).Last(tokenizer.IsSpecial);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var vocabulary = new TokenVocabulary(tokenizer, end);
        var memory = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        var build = Median(Math.Min(rounds, 5), () => new TokenVocabulary(tokenizer, end));
        string[] labels = [.. Enumerable.Range(0, 151).Select(i => $"intent_{i * 7919 % 1000}_{i}")];
        var cases = new (string Name, Func<Constraint> Make, string Text)[]
        {
            ("schema", () => Constraint.FromJsonSchema(Schema, vocabulary), Answer),
            ("any JSON object", () => Constraint.JsonObject(vocabulary), Answer),
            ("date, [0-9]{4}-...", () => Constraint.FromRegex("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", vocabulary), "2026-11-22"),
            ("words, \\p{L}+( \\p{L}+){0,9}", () => Constraint.FromRegex("\\p{L}+( \\p{L}+){0,9}", vocabulary), "the quick brown fox jumps"),
            ("151 labels", () => Constraint.FromLabels(labels, vocabulary), labels[77]),
        };
        foreach (var (title, make, text) in cases)
        {
            Constraint? made = null; // the last one lives on while the next is measured, or its end would count against that one
            var compile = Median(rounds, make);
            var ids = Tokens(tokenizer, vocabulary, text);
            List<double> first = [], later = [], slowest = [], again = [], kept = [];
            for (var round = 0; round < rounds; round++)
            {
                var start = GC.GetTotalMemory(forceFullCollection: true);
                var constraint = make();
                var cold = Masks(constraint, ids);
                first.Add(cold[0]);
                later.Add(cold.Skip(1).DefaultIfEmpty(0).Average());
                slowest.Add(cold.Max());
                again.Add(Masks(constraint, ids).Average());
                kept.Add((GC.GetTotalMemory(forceFullCollection: true) - start) / 1e6);
                GC.KeepAlive(constraint);
                made = constraint;
            }

            Console.WriteLine($"| {name} | {vocabulary.Size} | {build / 1000:F0} ms, {memory:F1} MB | {title} | {compile / 1000:F2} ms | {Middle(first) / 1000:F2} ms | {Middle(later) / 1000:F2} ms | {Middle(slowest) / 1000:F2} ms | {Middle(again):F2} us | {Middle(kept):F1} MB |");
            GC.KeepAlive(made);
        }
    }

    // The text as the tokenizer itself writes it; a blank that it puts first is dropped.
    private static int[] Tokens(Tokenizer tokenizer, TokenVocabulary vocabulary, string text)
    {
        int[] ids = tokenizer.Encode("\n" + text, allowSpecial: false);
        for (var skip = 0; skip < ids.Length; skip++)
        {
            if (Encoding.UTF8.GetString([.. ids.Skip(skip).SelectMany(id => vocabulary.Bytes(id).ToArray())]) == text)
                return ids[skip..];
        }

        return tokenizer.Encode(text, allowSpecial: false);
    }

    private static List<double> Masks(Constraint constraint, int[] ids)
    {
        var (state, times) = (constraint.Start(), new List<double>());
        foreach (var id in ids)
        {
            var clock = Stopwatch.GetTimestamp();
            _ = state.Allowed;
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMicroseconds);
            state.Advance(id);
        }

        return times;
    }

    private static void MeasureSampling(int size, string title, double spread, TokenSet allowed, int rounds)
    {
        var random = new Random(1);
        float[] row = [.. Enumerable.Range(0, size).Select(_ => (float)(spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
        var options = new SamplingOptions { Temperature = 0, LogProbabilities = false, Seed = 1 };
        var drawn = options with { Temperature = 0.8 };
        double[] times =
        [
            Time(options, null), Time(options with { LogProbabilities = true }, null), Time(options with { LogProbabilities = true, TopLogProbabilities = 20 }, null),
            Time(drawn, null), Time(drawn with { TopK = 50 }, null), Time(drawn with { TopP = 0.9 }, null), Time(drawn with { MinP = 0.05 }, null),
            Time(drawn with { TopK = 50, TopP = 0.9 }, allowed),
        ];
        Console.WriteLine($"| {size} | {title} | {string.Join(" | ", times.Select(time => $"{time:F0}"))} |");

        double Time(SamplingOptions how, TokenSet? set)
        {
            var (sampler, copy, all) = (new Sampler(how, size), new float[size], new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                row.CopyTo(copy, 0);
                var clock = Stopwatch.GetTimestamp();
                sampler.Accept(sampler.Choose(copy, set).Token);
                all.Add(Stopwatch.GetElapsedTime(clock).TotalMicroseconds);
            }

            return Middle(all);
        }
    }

    private static double Median(int rounds, Func<object> make)
    {
        var times = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var clock = Stopwatch.GetTimestamp();
            GC.KeepAlive(make());
            if (round > 0)
                times.Add(Stopwatch.GetElapsedTime(clock).TotalMicroseconds);
        }

        return Middle(times);
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
