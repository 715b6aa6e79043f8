using CsCheck;
using Platform.Engine.Evaluation;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Evaluation;

public class MetricTests
{
    private static readonly string[] Labels = ["a", "b", "c", "d"];

    private static readonly string[] Concrete =
        [.. Metric.Names.Select(name => name.Replace("<label>,<label>", "a,b", StringComparison.Ordinal).Replace("<label>", "a", StringComparison.Ordinal))];

    [Fact]
    public void TryParse_EveryListedName_GivesAMetricOfThatName()
    {
        foreach (var name in Concrete)
        {
            Assert.True(Metric.TryParse(name, Labels, out var metric, out var problem), problem);
            Assert.Equal(name, metric.Name);
        }
        Assert.Equal(21, Concrete.Length);
    }

    [Theory]
    [InlineData("acuracy", "The metric 'acuracy' does not exist. Use one of: accuracy,")]
    [InlineData("", "The metric '' does not exist.")]
    [InlineData(null, "The metric '' does not exist.")]
    [InlineData("f1:", "lacks a label")]
    [InlineData("mean_f1:a,", "lacks a label")]
    [InlineData("mean_f1:a,a", "names a label twice")]
    [InlineData("f1:x", "names 'x', which is not a label of the task. Its labels are: a, b, c, d.")]
    public void TryParse_UnusableName_SaysWhatIsWrong(string? name, string problem)
    {
        Assert.False(Metric.TryParse(name, Labels, out var metric, out var said));
        Assert.Null(metric);
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_UnknownName_Throws() => Assert.Throws<ArgumentException>(() => Metric.Parse("auc"));

    [Fact]
    public void Parse_LabelWithComma_IsOneLabelOfF1()
    {
        var metric = Metric.Parse("f1:yes, please", ["yes, please", "no"]);

        Assert.Equal(1, metric.Score(Rows.Of(("yes, please", "yes, please"), ("no", "no"))));
    }

    [Fact]
    public void Score_NoPredictions_Throws() =>
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => Metric.Parse("bleu").Score([])).Message, StringComparison.Ordinal);

    [Fact]
    public void Score_PerfectAnswers_IsOne()
    {
        foreach (var name in Concrete)
        {
            var rows = Perfect(name);
            Assert.Equal(1, Metric.Parse(name, name.Contains(':', StringComparison.Ordinal) ? null : []).Score(rows), 12);
        }
    }

    [Fact]
    public void Score_UselessAnswers_IsZero()
    {
        foreach (var name in Concrete)
        {
            // SARI pays for deleting what the good output deletes too, so leaving out everything is worth something there.
            if (name == "sari") continue;
            var rows = Perfect(name).Select(row => row with { Actual = "%" }).ToArray();
            Assert.Equal(0, Metric.Parse(name).Score(rows));
        }
    }

    /// <summary>The bootstrap scores samples by counting rows; that must be the metric of a set with those rows repeated.</summary>
    [Fact]
    public void Prepare_RowsCountedSeveralTimes_EqualsRowsRepeated() =>
        Gen.Select(Gen.Int[0, Concrete.Length - 1].Select(i => Concrete[i]), Gen.Long, Gen.Int[0, 3].Array[8]).Sample((name, seed, times) =>
        {
            var rows = Noisy(name, seed);
            if (times.Sum() == 0) times[0] = 1;
            // A label that only rows outside the sample expect stays a valid answer, so both sides get all labels.
            var metric = Metric.Parse(name, [.. Labels.Concat(rows.Select(row => row.Expected.Trim())).Distinct()]);
            var repeated = rows.SelectMany((row, i) => Enumerable.Repeat(row, times[i])).ToArray();

            var counted = metric.Prepare(rows).Score(times);

            Assert.Equal(metric.Score(repeated), counted, 9);
            Assert.InRange(counted, name is "matthews" or "pearson" or "spearman" ? -1 : 0, 1);
        });

    private static bool IsNumeric(string name) => name is "pearson" or "spearman";

    private static Prediction[] Perfect(string name)
    {
        string[] outputs = name switch
        {
            _ when IsNumeric(name) => ["1", "2.5", "-3", "2.5"],
            "bleu" or "chrf" or "rouge_1" or "rouge_2" or "rouge_l" or "gleu" or "sari" => ["one good long answer here", "and another good long one"],
            "span_f1" => ["city: Berlin; date: 1 May", "none", "city: Rome"],
            "exact_match_number" => ["so it is 4", "7"],
            _ => ["a", "b", "b", "c"],
        };
        return [.. outputs.Select((text, i) => new Prediction($"r{i}", "an input text of some length", text, text, []))];
    }

    private static Prediction[] Noisy(string name, long seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, 8).Select(i => IsNumeric(name)
            ? new Prediction($"r{i}", "", $"{random.Next(5)}", $"{random.Next(4)}", [])
            : new Prediction($"r{i}", Letters(random), Letters(random, label: true), Letters(random, label: true), [Letters(random)]))];
    }

    private static string Letters(SeededRandom random, bool label = false) => label && random.Next(2) == 0
        ? Labels[random.Next(Labels.Length)]
        : string.Join(' ', Enumerable.Range(0, random.Next(8)).Select(_ => Labels[random.Next(3)]));
}
