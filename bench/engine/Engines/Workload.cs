using System.Text.RegularExpressions;
using Platform.Engine.Generation;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.EngineBench.Engines;

/// <summary>A request of the classification workload.</summary>
/// <param name="Task">Index of its task.</param>
/// <param name="Input">As the product takes it.</param>
/// <param name="Ids">The prompt: instruction, input and cue.</param>
internal sealed record Request(int Task, PredictionInput Input, int[] Ids);

/// <summary>
/// Sixteen tasks with an instruction of 120 tokens and six labels of three tokens, inputs of 40 tokens, all of them mixed. Two labels of six part at the
/// first token, two more at the second, the last pairs at the third, so that no token of a label can be left out.
/// </summary>
internal sealed partial class Workload
{
    public const int Tasks = 16;
    public const int InstructionTokens = 120;
    public const int InputTokens = 40;

    private readonly PromptBuilder _prompts;
    private readonly List<string> _words;
    private readonly Random _random = new(7);
    private readonly TaskSpec[] _tasks;

    /// <param name="tokenizer">The models' tokenizer.</param>
    public Workload(Tokenizer tokenizer)
    {
        _prompts = new PromptBuilder(tokenizer, endToken: 0);
        // Words that are one token each, so that texts have as many tokens as they are meant to have.
        _words = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => tokenizer.Decode([id]))
            .Where(text => Word().IsMatch(text) && tokenizer.Encode(text).Length == 1)];
        _tasks = [.. Enumerable.Range(0, Tasks).Select(NewTask)];
    }

    public PromptBuilder Prompts => _prompts;

    public IReadOnlyList<TaskSpec> Specs => _tasks;

    /// <summary>Tokens of each label of a task, without the end token.</summary>
    public int[][] Labels(int task) => [.. _tasks[task].Labels.Select(label => _prompts.Answer(label)[..^1])];

    /// <summary>The first tokens of every prompt of a task.</summary>
    public int[] Instruction(int task) => _prompts.Prompt(_tasks[task], Text(1), null).Ids[..InstructionTokens];

    /// <summary>
    /// New requests at each call, because our prefix cache would know the inputs of old ones. They go through the tasks in turn, so that sixteen that follow
    /// each other are of sixteen tasks.
    /// </summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<Request> Requests(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var task = _tasks[i % Tasks];
        // The cue behind the input counts as part of it.
        var text = Fill(words => words, words => _prompts.Prompt(task, words, null).Ids.Length, InstructionTokens + InputTokens);
        return new Request(i % Tasks, new PredictionInput(task, text, null), _prompts.Prompt(task, text, null).Ids);
    })];

    /// <summary>Rows to train on, of 160 tokens of prompt and a label.</summary>
    /// <param name="count">How many.</param>
    public TaskData Training(int count) => new(
        _tasks[0], [.. Requests(count * Tasks).Where(r => r.Task == 0).Select((r, i) => new Example($"r{i}", r.Input.Text, null, _tasks[0].Labels[i % 6], []))], [], []);

    [GeneratedRegex("^ [a-z]{3,}$")]
    private static partial Regex Word();

    private TaskSpec NewTask(int index)
    {
        string[] w = [.. Enumerable.Range(0, 9).Select(_ => NextWord())];
        var instruction = Fill(words => $"Choose one:{words}", text => _prompts.Prompt(Spec(text), "x", null).InstructionTokens, InstructionTokens);
        return Spec(instruction) with { Name = $"task{index}" };

        TaskSpec Spec(string text) => new()
        {
            Name = "task",
            Kind = TaskKind.Classification,
            Instruction = text,
            Metric = "accuracy",
            Labels = [.. new[] { w[0] + w[2] + w[4], w[0] + w[2] + w[5], w[0] + w[3] + w[6], w[1] + w[2] + w[4], w[1] + w[2] + w[5], w[1] + w[3] + w[7] }.Select(label => label.Trim())],
        };
    }

    private string NextWord() => _words[_random.Next(_words.Count)];

    private string Text(int words) => string.Concat(Enumerable.Range(0, words).Select(_ => NextWord()));

    // A word is a token: what is missing after the first is the number of words to add.
    private string Fill(Func<string, string> shape, Func<string, int> count, int tokens)
    {
        var words = NextWord();
        words += Text(Math.Max(0, tokens - count(shape(words))));
        return count(shape(words)) == tokens ? shape(words) : throw new InvalidOperationException($"No text of {tokens} tokens was found.");
    }
}
