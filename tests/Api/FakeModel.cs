using Platform.Api.Serving;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests;

/// <summary>Stands in for the tensors, where a test has to decide how long a step takes and when it fails. One word is one token.</summary>
internal sealed class FakeModel : ISharedModel
{
    /// <summary>An input with this text fails every step that it is in.</summary>
    public const string Poison = "poison";

    private readonly SortedDictionary<long, ServedInput> submitted = [];
    private readonly Dictionary<long, int> stepsDone = [];
    private long lastId;
    private int steps;

    public IReadOnlyDictionary<string, TaskSpec> Tasks { get; init; } = TestTasks.Served.ToDictionary(task => task.Name);

    public int ContextTokens => 100;

    public int Limit { get; init; } = 50;

    public string Answer { get; init; } = "good";

    /// <summary>A text that cannot even be tokenized.</summary>
    public string? CannotBeRead { get; init; }

    /// <summary>Runs inside every step, on the engine's thread.</summary>
    public Action<IReadOnlyList<ServedInput>> InStep { get; set; } = _ => { };

    /// <summary>Inputs that are in.</summary>
    public int Inputs => submitted.Count;

    /// <summary>Steps that an input takes.</summary>
    public Func<string, int> StepsFor { get; init; } = _ => 1;

    public int Steps => Volatile.Read(ref steps);

    public bool IsDisposed { get; private set; }

    public int CountPromptTokens(string task, string text, string? text2) =>
        text == CannotBeRead ? throw new InvalidOperationException("A tokenizer's table of the wrong length.") : text.Split(' ').Length;

    public int MaxPromptTokens(string task) => Limit;

    public ConstraintCache Constraints => throw new NotSupportedException("This model knows no tokens.");

    public IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Interlocked.Increment(ref steps);
        InStep(inputs);
        if (inputs.Any(input => input.Text == Poison))
            throw new InvalidOperationException("A tensor of the wrong shape.");
        return [.. inputs.Select(input =>
        {
            var labels = Tasks[input.Task].Labels;
            var output = labels.Count == 0 || labels.Contains(Answer) ? Answer : labels[0];
            return new Answer(output, 0.9, [.. labels.Select(label => new LabelScore(label, 1.0 / labels.Count))], FinishReason.Label, input.Text.Split(' ').Length, 0, 1);
        })];
    }

    public bool TrySubmit(ServedInput input, out long id)
    {
        id = ++lastId;
        submitted.Add(id, input);
        return true;
    }

    public void Cancel(long id) => submitted.Remove(id);

    /// <summary>Answers what has had all its steps.</summary>
    public IReadOnlyList<PredictionStep> Step()
    {
        foreach (var id in submitted.Keys)
            stepsDone[id] = stepsDone.GetValueOrDefault(id) + 1;
        var ready = submitted.Where(input => stepsDone[input.Key] >= StepsFor(input.Value.Text)).Select(input => input.Key).ToList();
        var answers = Predict([.. submitted.Values]).Zip(submitted.Keys).ToDictionary(pair => pair.Second, pair => pair.First);
        List<PredictionStep> steps = [.. submitted.Select(input => new PredictionStep(
            input.Key, answers[input.Key].PromptTokens, ready.Contains(input.Key) ? answers[input.Key] : null,
            input.Value.Options is null ? null : new TextDelta(answers[input.Key].Output + " ", [])))];
        ready.ForEach(id => submitted.Remove(id));
        return steps;
    }

    public void Dispose() => IsDisposed = true;
}

internal sealed class FakeLoader(Func<string, ISharedModel> load) : ISharedModelLoader
{
    /// <summary>By which the host measures, where a test decides how long a step takes.</summary>
    public TimeProvider? Clock { get; init; }

    public ISharedModel Load(string folder) => load(folder);
}
