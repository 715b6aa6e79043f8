using Platform.Domain.Tasks;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests;

/// <summary>The tasks of the tests' two teams.</summary>
internal static class TestTasks
{
    public const string Sentiment = "hotel-sentiment";
    public const string Same = "same-question";
    public const string Reply = "guest-reply";
    public const string Flights = "flight-intent";

    /// <summary>Registered, but no model was trained on it.</summary>
    public const string Unserved = "hotel-topics";

    public static IReadOnlyList<TaskSpec> Hotels { get; } =
    [
        new() { Name = Sentiment, Kind = Engine.Tasks.TaskKind.Classification, Instruction = "Did the guest like it?", Labels = ["good", "bad", "mixed"], Metric = "accuracy" },
        new() { Name = Same, Kind = Engine.Tasks.TaskKind.PairClassification, Instruction = "Do both ask the same?", Labels = ["yes", "no"], Metric = "accuracy" },
        new() { Name = Reply, Kind = Engine.Tasks.TaskKind.Generation, Instruction = "Answer the guest.", Metric = "rouge_l", MaxOutputTokens = 6 },
    ];

    public static TaskSpec Flight { get; } =
        new() { Name = Flights, Kind = Engine.Tasks.TaskKind.Classification, Instruction = "What is wanted?", Labels = ["change", "cancel"], Metric = "accuracy" };

    public static IReadOnlyList<TaskSpec> Served { get; } = [.. Hotels, Flight];

    public static TaskDraft Draft(TaskSpec spec) => new()
    {
        Name = spec.Name,
        Kind = Enum.Parse<Domain.Tasks.TaskKind>(spec.Kind.ToString()).ToWire(),
        Instruction = spec.Instruction,
        Labels = spec.Labels,
        Metric = spec.Metric,
        MaxOutputTokens = spec.MaxOutputTokens,
    };
}
