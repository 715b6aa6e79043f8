using Platform.Engine.Generation.Constraints;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Prompts;

/// <summary>Turns a task's input into the token ids that the model sees; the one place for training, evaluation and serving.</summary>
/// <remarks>
/// <code>
/// {instruction}\nInput: {text}[\nSecond: {text2}]\nAnswer:| {output}{end of text}
/// </code>
/// The parts are tokenized apart, so that a token never spans two of them: a task's instruction is the same ids for every
/// input, and cutting a long text touches nothing else. Special tokens inside a text are plain text.
/// </remarks>
public sealed class PromptBuilder
{
    private readonly Tokenizer _tokenizer;
    private readonly int[] _second;
    private readonly int[] _cue;
    private readonly Lazy<ConstraintCache> _constraints;

    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="endToken">Id of the token that ends an answer.</param>
    public PromptBuilder(Tokenizer tokenizer, int endToken)
    {
        _tokenizer = tokenizer;
        EndToken = endToken;
        _constraints = new(() => new ConstraintCache(new TokenVocabulary(tokenizer, endToken)));
        _second = Plain("\nSecond:");
        _cue = Plain("\nAnswer:");
    }

    /// <summary>Id of the token that ends an answer.</summary>
    public int EndToken { get; }

    /// <summary>The tokenizer in use.</summary>
    public Tokenizer Tokenizer => _tokenizer;

    /// <summary>Constraints of answers, which begin with a blank: pass <see cref="AnswerLayout"/>. Safe for use by many threads.</summary>
    public ConstraintCache Constraints => _constraints.Value;

    /// <summary>What goes around a constrained answer.</summary>
    public static ConstraintOptions AnswerLayout { get; } = new() { Prefix = " ", Layout = JsonLayout.Either };

    /// <summary>Builds a prompt.</summary>
    /// <param name="task">The task.</param>
    /// <param name="text">The input.</param>
    /// <param name="text2">The second input, or null.</param>
    /// <param name="maxTokens">Where to cut; the longer text loses its end. Null never cuts.</param>
    public Prompt Prompt(TaskSpec task, string text, string? text2, int? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        var head = Plain(task.Instruction + "\nInput:");
        var first = Plain(" " + text.Trim());
        var second = text2 is null ? [] : Plain(" " + text2.Trim());
        var fixedTokens = head.Length + _cue.Length + (text2 is null ? 0 : _second.Length);
        var full = fixedTokens + first.Length + second.Length;
        var (keepFirst, keepSecond) = maxTokens is { } limit ? Fit(first.Length, second.Length, limit - fixedTokens) : (first.Length, second.Length);
        int[] ids = text2 is null
            ? [.. head, .. first.AsSpan(0, keepFirst), .. _cue]
            : [.. head, .. first.AsSpan(0, keepFirst), .. _second, .. second.AsSpan(0, keepSecond), .. _cue];
        return new Prompt(ids, head.Length, full);
    }

    /// <summary>Token ids of an answer, the end token included.</summary>
    /// <param name="output">The answer.</param>
    public int[] Answer(string output) => [.. Plain(" " + output.Trim()), EndToken];

    /// <summary>Text of generated token ids, without the leading space and the end token.</summary>
    /// <param name="ids">Generated ids.</param>
    public string Text(IReadOnlyList<int> ids) => _tokenizer.Decode([.. ids.Where(id => id != EndToken)]).Trim();

    private int[] Plain(string text) => _tokenizer.Encode(text, allowSpecial: false);

    private static (int First, int Second) Fit(int first, int second, int room)
    {
        room = Math.Max(room, 0);
        if (first + second <= room)
            return (first, second);
        var half = room / 2;
        if (second <= half)
            return (room - second, second);
        return first <= half ? (first, room - first) : (room - half, half);
    }
}

/// <summary>A prompt as token ids.</summary>
/// <param name="Ids">The ids, cut when a limit was given.</param>
/// <param name="InstructionTokens">How many of the first ids belong to the task and not to the input.</param>
/// <param name="FullTokens">How many ids there would be without a limit.</param>
public sealed record Prompt(int[] Ids, int InstructionTokens, int FullTokens)
{
    /// <summary>Whether the input was cut.</summary>
    public bool WasCut => FullTokens > Ids.Length;
}
