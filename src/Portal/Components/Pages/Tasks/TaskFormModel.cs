using Platform.Domain.Tasks;

namespace Platform.Portal.Components.Pages.Tasks;

/// <summary>What the task form holds while somebody fills it in.</summary>
public sealed class TaskFormModel
{
    private const string F1 = "f1:";
    private const string MeanF1 = "mean_f1:";

    public string? Name { get; set; }

    public Guid TeamId { get; set; }

    public TaskKind Kind { get; set; } = TaskKind.Classification;

    public string? Instruction { get; set; }

    /// <summary>One a line.</summary>
    public string? Labels { get; set; }

    public string? Metric { get; set; } = "macro_f1";

    /// <summary>What stands behind the colon of <c>f1:</c> and <c>mean_f1:</c>.</summary>
    public string? MetricLabels { get; set; }

    public double Tolerance { get; set; } = TaskDefinition.DefaultTolerance;

    public int MaxOutputTokens { get; set; } = TaskDefinition.DefaultMaxOutputTokens;

    /// <summary>Kept while another kind is tried out; only tasks that answer with a label have it.</summary>
    public double? AbstainBelow { get; set; }

    public LatencyClass LatencyClass { get; set; }

    /// <summary>Of a bundle: fields that the platform does not know travel along.</summary>
    public string? ExtraJson { get; set; }

    public bool MayAbstain => Kind.AnswersWithLabel();

    public IReadOnlyList<string> Metrics => Platform.Domain.Tasks.Metrics.For(Kind);

    public bool WantsMetricLabels => Metric is F1 or MeanF1;

    public static TaskFormModel Of(TaskDefinition task) => WithMetric(task.Metric, new TaskFormModel
    {
        Name = task.Name,
        TeamId = task.TeamId,
        Kind = task.Kind,
        Instruction = task.Instruction,
        Labels = string.Join('\n', task.Labels),
        Tolerance = task.Tolerance,
        MaxOutputTokens = task.MaxOutputTokens,
        AbstainBelow = task.AbstainBelow,
        LatencyClass = task.LatencyClass,
    });

    /// <summary>What a bundle says; a kind or class that does not exist is left as it is in an empty form.</summary>
    public static TaskFormModel Of(TaskDraft task, Guid team) => WithMetric(task.Metric, new TaskFormModel
    {
        Name = task.Name,
        TeamId = team,
        Kind = TaskKinds.Parse(task.Kind) ?? TaskKind.Classification,
        Instruction = task.Instruction,
        Labels = string.Join('\n', task.Labels),
        Tolerance = task.Tolerance,
        MaxOutputTokens = task.MaxOutputTokens,
        AbstainBelow = task.AbstainBelow,
        LatencyClass = LatencyClasses.Parse(task.LatencyClass) ?? LatencyClass.Standard,
        ExtraJson = task.ExtraJson,
    });

    private static TaskFormModel WithMetric(string? metric, TaskFormModel model)
    {
        var colon = metric?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        (model.Metric, model.MetricLabels) = colon < 0 ? (metric, null) : (metric![..(colon + 1)], metric[(colon + 1)..]);
        return model;
    }

    public static string Explain(TaskKind kind) => kind switch
    {
        TaskKind.Classification => "One text in, one of your labels out: sentiment, intent, topic.",
        TaskKind.PairClassification => "Two texts in, one of your labels out: same question or not, supported or not.",
        TaskKind.MultipleChoice => "A text with lettered choices in, a letter out.",
        TaskKind.Similarity => "Two texts in, a number out: how alike they are.",
        TaskKind.Tagging => "A text in, the marked words out, each with its type: names, places.",
        TaskKind.Extraction => "A text in, a list of 'type: words' out: dates, amounts, wishes.",
        TaskKind.Generation => "A text in, a new text out: a title, a short answer, a rewrite.",
        _ => "",
    };

    public static string Explain(LatencyClass latency) => latency switch
    {
        LatencyClass.Standard => "An equal share of the server where tasks compete. Acts within seconds.",
        LatencyClass.Interactive => "A person waits at the screen: four shares of the server where tasks compete. Acts within seconds.",
        LatencyClass.Batch => "Nobody waits: behind all other tasks, with a small share. Acts within seconds.",
        _ => "",
    };

    /// <summary>A metric that cannot judge the new kind gives way to one that can.</summary>
    public void ChooseKind(TaskKind kind)
    {
        Kind = kind;
        if (Metric is null || !Metrics.Contains(Metric))
            Metric = Metrics.Contains("macro_f1") ? "macro_f1" : Metrics[0];
    }

    public TaskDraft ToDraft() => new()
    {
        Name = Name?.Trim(),
        Kind = Kind.ToWire(),
        Instruction = Instruction,
        Labels = Kind is TaskKind.Similarity or TaskKind.Generation
            ? []
            : [.. (Labels ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        Metric = WantsMetricLabels ? Metric + MetricLabels?.Trim() : Metric,
        Tolerance = Tolerance,
        MaxOutputTokens = MaxOutputTokens,
        AbstainBelow = MayAbstain ? AbstainBelow : null,
        LatencyClass = LatencyClass.ToWire(),
        ExtraJson = ExtraJson,
    };
}
