using System.Globalization;
using Platform.Api.Serving;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests.Serving;

/// <summary>
/// Steps as the engine's own scheduler makes them, but instead of computing tokens it lets virtual time pass for them. An input's text
/// says what it needs: "60" is a prompt of 60 tokens, "60+20" one that 20 generated tokens follow.
/// </summary>
internal sealed class TimedModel(VirtualClock clock, IEnumerable<string> tasks) : ISharedModel
{
    private static readonly TimeSpan EachStep = TimeSpan.FromMicroseconds(400);
    private static readonly TimeSpan EachToken = TimeSpan.FromMicroseconds(50);

    private readonly SortedDictionary<long, Sequence> running = [];
    private long lastId;

    public IReadOnlyDictionary<string, TaskSpec> Tasks { get; } = tasks.ToDictionary(
        task => task, task => new TaskSpec { Name = task, Kind = TaskKind.Generation, Instruction = "Answer.", Metric = "rouge_l" });

    public int MaxStepTokens { get; init; } = 1024;

    public int MaxChunkTokens { get; init; } = 256;

    public int ContextTokens => 100_000;

    /// <summary>Tokens that were computed for each task.</summary>
    public Dictionary<string, long> Computed { get; } = [];

    public static int Tokens(string text) => int.Parse(text.Split('+')[0], CultureInfo.InvariantCulture);

    public int CountPromptTokens(string task, string text, string? text2) => Tokens(text);

    public int MaxPromptTokens(string task) => ContextTokens;

    public ConstraintCache Constraints => throw new NotSupportedException("This model knows no tokens.");

    public IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs) => throw new NotSupportedException();

    public bool TrySubmit(ServedInput input, out long id)
    {
        var parts = input.Text.Split('+').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToList();
        running.Add(id = ++lastId, new Sequence(input.Task, parts[0], parts.ElementAtOrDefault(1)));
        return true;
    }

    public void Cancel(long id) => running.Remove(id);

    public IReadOnlyList<PredictionStep> Step()
    {
        List<PredictionStep> steps = [];
        var budget = MaxStepTokens;
        foreach (var (id, sequence) in running)
        {
            var count = Math.Min(budget, sequence.Done < sequence.Prompt ? Math.Min(MaxChunkTokens, sequence.Prompt - sequence.Done) : 1);
            if (count == 0)
                break;
            budget -= count;
            sequence.Done += count;
            Computed[sequence.Task] = Computed.GetValueOrDefault(sequence.Task) + count;
            var isOver = sequence.Done >= sequence.Prompt + sequence.Generated;
            steps.Add(new PredictionStep(id, count, isOver ? new Answer("text", 1, [], FinishReason.Stop, sequence.Prompt, 0, sequence.Generated) : null));
        }

        foreach (var step in steps.Where(step => step.Answer is not null))
            running.Remove(step.Id);
        clock.Advance(EachStep + (EachToken * (MaxStepTokens - budget)));
        return steps;
    }

    public void Dispose()
    {
    }

    private sealed record Sequence(string Task, int Prompt, int Generated)
    {
        public int Done { get; set; }
    }
}
