using System.Globalization;
using System.Text;

namespace Platform.FilterBench;

/// <summary>Estimates against the truth, as a section of docs/experiments.md.</summary>
internal sealed class Report(BenchSettings settings, IReadOnlyList<TruthResult> truth, IReadOnlyList<EstimateResult> estimates)
{
    private const int Resamples = 2000;

    private readonly List<TruthResult> _truth = [.. truth.Where(r => r.Settings == settings.Name)];
    private readonly List<EstimateResult> _estimates = [.. estimates.Where(r => r.Settings == settings.Name)];

    /// <summary>The section, or null while there is nothing to compare.</summary>
    public string? Section()
    {
        var seeds = _truth.Select(r => r.Seed).Distinct().Order().ToList();
        var pairs = Pairs(seeds);
        if (pairs.Count < 3 || _estimates.Count == 0)
            return null;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{settings.Tasks.Count} tasks ({string.Join(", ", settings.Tasks)}), {settings.Rows} training rows of each shown {(settings.Epochs == 1 ? "once" : $"{settings.Epochs} times")}, full fine-tuning of models/base in batches of {settings.BatchExamples} at {settings.LearningRate:0.#####}, {settings.ValidationRows} validation rows of each.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Trained: {_truth.Count} of {2 * ((2 * settings.Tasks.Count) + 1)} trainings of two seeds ({string.Join(", ", seeds.Select(seed => $"seed {seed}: {_truth.Count(r => r.Seed == seed)}"))}); {pairs.Count} pairs of tasks can be compared{(pairs.Count < settings.Tasks.Count * (settings.Tasks.Count - 1) ? ", the rest is still to be trained" : "")}.");
        text.AppendLine();
        text.AppendLine("An effect is the loss in the mixture of all over the loss in the mixture without the other task, minus 1. \"Within\" takes the mean of each target task off first: which of the others is");
        text.AppendLine("better or worse for it, without how much it gains from company as such.");
        text.AppendLine();
        text.AppendLine("| estimate | Pearson [95 %] | Spearman [95 %] | within, Pearson | same sign | cost, tokens |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var estimate in _estimates)
            text.AppendLine(Line(estimate, pairs));
        if (Reliability(seeds) is { } reliability)
            text.AppendLine(reliability);
        text.AppendLine();
        text.AppendLine(Own(seeds));
        return text.ToString();
    }

    private string Line(EstimateResult estimate, List<(string From, string To, double Effect)> pairs)
    {
        var order = estimate.Tasks.Index().ToDictionary(t => t.Item, t => t.Index);
        var points = pairs.Select(p => (p.To, X: estimate.Effects[order[p.From]][order[p.To]][0], Y: p.Effect)).ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"| {estimate.Method} | {WithInterval(points, Correlation.Pearson)} | {WithInterval(points, Correlation.Spearman)} | {Correlation.Pearson(Centred(points)):+0.00;-0.00} | {points.Count(p => p.X * p.Y > 0)} of {points.Count} | {estimate.Tokens / TruthTokens():P0} |");
    }

    /// <summary>Tokens of the whole truth of one seed: the mixture, and it without each task. Every training but that of all tasks leaves one out, so they follow from it.</summary>
    private double TruthTokens() => _truth.First(r => r.Arm == "all").Tokens * (double)settings.Tasks.Count;

    /// <summary>How well the truth agrees with itself from one seed to another: no estimate can be expected to do better.</summary>
    private string? Reliability(List<long> seeds)
    {
        if (seeds.Count < 2)
            return null;
        var (one, two) = (Pairs([seeds[0]]).ToDictionary(p => (p.From, p.To), p => p.Effect), Pairs([seeds[1]]).ToDictionary(p => (p.From, p.To), p => p.Effect));
        var points = one.Where(p => two.ContainsKey(p.Key)).Select(p => (p.Key.To, X: p.Value, Y: two[p.Key])).ToList();
        return points.Count < 3 ? null : string.Create(CultureInfo.InvariantCulture,
            $"| the truth of seed {seeds[0]} for that of seed {seeds[1]} | {WithInterval(points, Correlation.Pearson)} | {WithInterval(points, Correlation.Spearman)} | {Correlation.Pearson(Centred(points)):+0.00;-0.00} | {points.Count(p => p.X * p.Y > 0)} of {points.Count} | 100 % |");
    }

    /// <summary>The effect of all others together on each task, by truth and by estimate.</summary>
    private string Own(List<long> seeds)
    {
        var text = new StringBuilder();
        text.AppendLine("Effect of all others together on a task (mixture against alone), in percent of the loss:");
        text.AppendLine();
        text.AppendLine("| task | truth |" + string.Concat(_estimates.Select(e => $" {e.Method} [95 %] |")));
        text.AppendLine("|---|---:|" + string.Concat(_estimates.Select(_ => "---:|")));
        foreach (var task in settings.Tasks)
        {
            var effects = seeds.Select(seed => (All: Loss(seed, "all", task), Alone: Loss(seed, $"alone {task}", task))).Where(l => l is { All: not null, Alone: not null })
                .Select(l => (l.All!.Value / l.Alone!.Value) - 1).ToList();
            var measured = effects.Count == 0 ? "not trained" : (100 * effects.Average()).ToString("+0.0;-0.0", CultureInfo.InvariantCulture);
            text.AppendLine($"| {task} | {measured} |" + string.Concat(_estimates.Select(e => $" {Cell(e, e.Others[e.Tasks.ToList().IndexOf(task)])} |")));
        }

        return text.ToString().TrimEnd();
    }

    private static string Cell(EstimateResult estimate, double[] effect)
    {
        // Affinity is no share of a loss: it counts steps' own gains.
        var (scale, format) = estimate.Method == "affinity" ? (1, "+0.00;-0.00") : (100, "+0.0;-0.0");
        string Text(double value) => (scale * value).ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(effect[0])} [{Text(effect[1])}, {Text(effect[2])}]";
    }

    private List<(string From, string To, double Effect)> Pairs(List<long> seeds)
    {
        var pairs = new List<(string, string, double)>();
        foreach (var (from, to) in settings.Tasks.SelectMany(from => settings.Tasks.Where(to => to != from).Select(to => (from, to))))
        {
            var effects = seeds.Select(seed => (All: Loss(seed, "all", to), Without: Loss(seed, $"without {from}", to))).Where(l => l is { All: not null, Without: not null })
                .Select(l => (l.All!.Value / l.Without!.Value) - 1).ToList();
            if (effects.Count > 0)
                pairs.Add((from, to, effects.Average()));
        }

        return pairs;
    }

    private double? Loss(long seed, string arm, string task) =>
        _truth.FirstOrDefault(r => r.Seed == seed && r.Arm == arm)?.Losses.TryGetValue(task, out var loss) == true ? loss : null;

    private static List<(string To, double X, double Y)> Centred(List<(string To, double X, double Y)> points)
    {
        var means = points.GroupBy(p => p.To).ToDictionary(g => g.Key, g => (X: g.Average(p => p.X), Y: g.Average(p => p.Y)));
        return [.. points.Select(p => (p.To, p.X - means[p.To].X, p.Y - means[p.To].Y))];
    }

    private static string WithInterval(List<(string To, double X, double Y)> points, Func<List<(string To, double X, double Y)>, double> correlation)
    {
        var random = new Random(17);
        var draws = Enumerable.Range(0, Resamples).Select(_ => correlation([.. points.Select(_ => points[random.Next(points.Count)])])).Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{correlation(points):+0.00;-0.00} [{draws[(int)(0.025 * Resamples)]:+0.00;-0.00}, {draws[(int)(0.975 * Resamples)]:+0.00;-0.00}]");
    }
}

/// <summary>Correlations of points.</summary>
internal static class Correlation
{
    public static double Pearson(List<(string To, double X, double Y)> points) => Pearson([.. points.Select(p => p.X)], [.. points.Select(p => p.Y)]);

    public static double Spearman(List<(string To, double X, double Y)> points) => Pearson(Ranks([.. points.Select(p => p.X)]), Ranks([.. points.Select(p => p.Y)]));

    private static double Pearson(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        var (xx, yy) = (x.Sum(v => (v - meanX) * (v - meanX)), y.Sum(v => (v - meanY) * (v - meanY)));
        return xx == 0 || yy == 0 ? 0 : x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / Math.Sqrt(xx * yy);
    }

    private static double[] Ranks(double[] values) =>
        [.. values.Select(value => values.Count(other => other < value) + ((values.Count(other => other == value) - 1) / 2.0))];
}
