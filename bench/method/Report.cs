using System.Globalization;
using System.Text;

namespace Platform.MethodBench;

/// <summary>The results as a section of docs/experiments.md, between two marks that it replaces.</summary>
internal sealed class Report(Suite suite, Results results, Func<int, string> singleHash)
{
    private readonly IReadOnlyList<ArmResult> _single = [.. suite.Seeds.Select(seed => results.Find(suite.Name, Results.SingleTask, seed, singleHash(seed))).OfType<ArmResult>()];

    /// <summary>Replaces the section of this suite in a document, or adds it at the end.</summary>
    public void WriteInto(string document)
    {
        var (begin, end) = ($"<!-- bench/method {suite.Name}: begin -->", $"<!-- bench/method {suite.Name}: end -->");
        var text = File.ReadAllText(document);
        var section = $"{begin}\n{Text()}{end}";
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        File.WriteAllText(document, from >= 0 && to > from ? text[..from] + section + text[(to + end.Length)..] : $"{text.TrimEnd()}\n\n{section}\n");
    }

    public string Text()
    {
        var text = new StringBuilder();
        var arms = suite.Arms.Select(arm => (Arm: arm, Seeds: Of(arm))).Where(arm => arm.Seeds.Count > 0).ToList();
        if (_single.Count == 0 || arms.Count == 0)
            return "No arm has been measured yet.\n";
        var first = arms[0].Seeds[0];
        text.AppendLine(CultureInfo.InvariantCulture, $"{suite.TrainRows.Count} tasks with {suite.TrainRows.Values.Min():N0} to {suite.TrainRows.Values.Max():N0} training rows, {arms.Max(arm => arm.Seeds.Count)} of {suite.Seeds.Count} seeds, {first.Processor}, {first.Cores} cores, base model {first.BaseModelSha256[..12]}, {arms.SelectMany(arm => arm.Seeds).Max(seed => seed.Date):yyyy-MM-dd}. Scores times 100.");
        text.AppendLine("± is half the width of a 95 % interval over test rows and, from two seeds on, seeds.\n");
        Arms(text, arms);
        Targets(text, arms);
        Tasks(text, arms[0].Seeds);
        Overhead(text);
        return text.ToString();
    }

    private void Arms(StringBuilder text, List<(Arm Arm, IReadOnlyList<ArmResult> Seeds)> arms)
    {
        text.AppendLine("| arm | seeds | mean over tasks | of single-task | against single-task | the whole method minus this | worst task against single-task | examples | tokens trained, thousands | of single-task | training, device seconds | of single-task |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|");
        var singleMean = Statistics.Mean(_single);
        text.AppendLine(CultureInfo.InvariantCulture, $"| one model per task | {_single.Count} | {Points(singleMean)} | 100 % | | {Difference(arms[0].Seeds, _single)} | | {Examples(_single):N0} | {Tokens(_single) / 1000:N0} | 100 % | {Seconds(_single):N0} | 100 % |");
        foreach (var (arm, seeds) in arms)
        {
            var paired = Paired(seeds);
            var worst = seeds[0].Tasks.Select(task => (task.Task, By: Statistics.Difference(seeds, _single, task.Task))).MinBy(task => task.By.Mean);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {arm.Title} | {seeds.Count} | {Points(Statistics.Mean(seeds))} | {Statistics.Mean(seeds).Mean / Statistics.Mean(paired).Mean:P1} | {Difference(seeds, _single)} | {(seeds == arms[0].Seeds ? "" : Difference(arms[0].Seeds, seeds))} | {worst.Task} {Points(worst.By, signed: true)} | {Examples(seeds):N0} | {Tokens(seeds) / 1000:N0} | {Tokens(seeds) / Tokens(paired):P0} | {Seconds(seeds):N0} | {Seconds(seeds) / Seconds(paired):P0} |");
        }

        text.AppendLine();
    }

    private void Targets(StringBuilder text, List<(Arm Arm, IReadOnlyList<ArmResult> Seeds)> arms)
    {
        var whole = arms[0].Seeds;
        var paired = Paired(whole);
        var share = Statistics.Mean(whole).Mean / Statistics.Mean(paired).Mean;
        var (tokens, seconds) = (Tokens(whole) / Tokens(paired), Seconds(whole) / Seconds(paired));
        var worse = whole[0].Tasks.Where(task => Statistics.Difference(whole, _single, task.Task).IsBelow(0)).Select(task => task.Task).ToList();
        text.AppendLine("| target | measured | |");
        text.AppendLine("|---|---|---|");
        Row("mean at least that of single-task models", $"{share:P1}", share >= 1);
        Row("no task worse than its single-task model beyond its interval", worse.Count == 0 ? "none" : string.Join(", ", worse), worse.Count == 0);
        foreach (var (arm, seeds) in arms.Skip(1))
        {
            var by = Statistics.Difference(whole, seeds);
            Row($"better than: {arm.Title}", Points(by, signed: true), by.IsAbove(0));
        }

        // Tokens say it of any machine; device time also has what a pass of the probe costs, and what else the machine did meanwhile.
        Row("training at most 60 % of all single-task trainings, in tokens", $"{tokens:P0}", tokens <= 0.6);
        Row("the same in device seconds", $"{seconds:P0}", seconds <= 0.6);
        text.AppendLine();

        void Row(string target, string measured, bool met) => text.AppendLine(CultureInfo.InvariantCulture, $"| {target} | {measured} | {(met ? "met" : "**missed**")} |");
    }

    private void Tasks(StringBuilder text, IReadOnlyList<ArmResult> whole)
    {
        text.AppendLine("| task | training rows | test rows | metric | single-task | whole method | difference | decision (each seed) | served by |");
        text.AppendLine("|---|---:|---:|---|---:|---:|---:|---|---|");
        foreach (var task in whole[0].Tasks.OrderByDescending(task => task.TrainRows).ThenBy(task => task.Task, StringComparer.Ordinal))
        {
            var all = whole.Select(seed => seed.Tasks.Single(one => one.Task == task.Task)).ToList();
            var single = Paired(whole).Average(seed => seed.Tasks.Single(one => one.Task == task.Task).Score);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {task.Task} | {task.TrainRows:N0} | {task.TestRows:N0} | {task.Metric} | {100 * single:F1} | {100 * all.Average(one => one.Score):F1} | {Points(Statistics.Difference(whole, _single, task.Task), signed: true)} | {string.Join(", ", all.Select(one => one.Decision))} | {string.Join(", ", all.Select(one => one.ServedBy))} |");
        }

        text.AppendLine();
    }

    private void Overhead(StringBuilder text)
    {
        if (results.Overheads.LastOrDefault(overhead => overhead.Suite == suite.Name) is not { } overhead)
            return;
        const double mebibyte = 1 << 20;
        var (bytes, seconds) = (overhead.Dedicated.Sum(one => one.Bytes), overhead.Dedicated.Sum(one => one.Seconds));
        text.AppendLine(CultureInfo.InvariantCulture, $"The same {overhead.Requests:N0} requests, {overhead.Together} of random tasks at a time, answered by one server for all tasks and by one server for each (`platform bench saving`, {overhead.Processor}):\n");
        text.AppendLine("| | servers | memory, MiB | device seconds |");
        text.AppendLine("|---|---:|---:|---:|");
        text.AppendLine(CultureInfo.InvariantCulture, $"| one server per task | {overhead.Dedicated.Count} | {bytes / mebibyte:N0} | {seconds:F1} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| the shared server | 1 | {overhead.SharedBytes / mebibyte:N0} | {overhead.SharedSeconds:F1} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| saved | {1 - (1.0 / overhead.Dedicated.Count):P1} | {1 - (overhead.SharedBytes / (double)bytes):P1} | {1 - (overhead.SharedSeconds / seconds):P1} |");
        text.AppendLine();
    }

    private IReadOnlyList<ArmResult> Of(Arm arm) => [.. suite.Seeds.Select(seed => results.Find(suite.Name, arm.Name, seed, suite.HashOf(arm, seed))).OfType<ArmResult>()];

    private IReadOnlyList<ArmResult> Paired(IReadOnlyList<ArmResult> seeds) => [.. _single.Where(one => seeds.Any(seed => seed.Seed == one.Seed))];

    private static double Seconds(IReadOnlyList<ArmResult> seeds) => seeds.Average(seed => seed.Steps.Where(IsTraining).Sum(step => step.DeviceSeconds));

    private static double Tokens(IReadOnlyList<ArmResult> seeds) => seeds.Average(seed => seed.Steps.Where(IsTraining).Sum(step => (double)step.Tokens));

    private static double Examples(IReadOnlyList<ArmResult> seeds) => seeds.Average(seed => seed.Steps.Where(IsTraining).Sum(step => (double)step.Examples));

    // Everything but looking at the data and the final evaluation on test rows, which a dedicated model needs as well.
    private static bool IsTraining(StepCost step) => step.Step is not ("check_data" or "evaluate" or "register");

    private static string Difference(IReadOnlyList<ArmResult> arm, IReadOnlyList<ArmResult> other) => Points(Statistics.Difference(arm, other), signed: true);

    private static string Points(Estimate estimate, bool signed = false) => string.Create(
        CultureInfo.InvariantCulture, $"{(signed ? (100 * estimate.Mean).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) : $"{100 * estimate.Mean:F1}")} ± {100 * estimate.HalfWidth:F1}");
}
