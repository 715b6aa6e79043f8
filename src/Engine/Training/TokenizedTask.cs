using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.Training;

/// <summary>A row as token ids.</summary>
/// <param name="Ids">Prompt, answer and end token.</param>
/// <param name="PromptTokens">How many of them are the prompt.</param>
internal sealed record TokenizedRow(int[] Ids, int PromptTokens)
{
    /// <summary>The row's name in its file; null for a text, which has none.</summary>
    public string? Id { get; init; }

    public int AnswerTokens => Ids.Length - PromptTokens;
}

/// <summary>Rows of a task as token ids, long ones treated as asked.</summary>
/// <param name="Name">The task.</param>
/// <param name="Rows">The rows that are left.</param>
/// <param name="Cut">How many rows were cut or left out.</param>
internal sealed record TokenizedTask(string Name, IReadOnlyList<TokenizedRow> Rows, int Cut)
{
    private const int LeastPromptTokens = 16;

    /// <summary>The rows as a training with an objective sees them.</summary>
    public static TokenizedTask Create(PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, int maxTokens, LongRows longRows, TrainingObjective objective) =>
        objective == TrainingObjective.InputTexts ? OfTexts(prompts, task, rows, maxTokens) : Create(prompts, task, rows, maxTokens, longRows);

    /// <exception cref="InvalidDataException">A row is too long and <see cref="LongRows.Stop"/> was asked, or none is left.</exception>
    public static TokenizedTask Create(PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, int maxTokens, LongRows longRows)
    {
        var cut = 0;
        var kept = new List<TokenizedRow>(rows.Count);
        foreach (var row in rows)
        {
            var answer = prompts.Answer(row.Output);
            var prompt = prompts.Prompt(task, row.Text, row.Text2);
            if (prompt.Ids.Length + answer.Length > maxTokens)
            {
                cut++;
                if (longRows == LongRows.Stop)
                    throw new InvalidDataException($"Task {task.Name}: row {row.Id} has {prompt.Ids.Length + answer.Length} tokens; at most {maxTokens} are allowed. Shorten it, or let the recipe drop or truncate long rows.");
                if (longRows == LongRows.Drop)
                    continue;
                answer = answer[..Math.Min(answer.Length, maxTokens - LeastPromptTokens)];
                prompt = prompts.Prompt(task, row.Text, row.Text2, maxTokens - answer.Length);
                // An instruction that alone is longer than the limit leaves the end of the prompt, where the answer is asked for.
                if (prompt.Ids.Length > maxTokens - answer.Length)
                    prompt = prompt with { Ids = prompt.Ids[^(maxTokens - answer.Length)..] };
            }

            kept.Add(new TokenizedRow([.. prompt.Ids, .. answer], prompt.Ids.Length) { Id = row.Id });
        }

        return kept.Count > 0
            ? new TokenizedTask(task.Name, kept, cut)
            : throw new InvalidDataException($"Task {task.Name}: no row is left of {rows.Count}; all are longer than {maxTokens} tokens or there are none.");
    }

    /// <summary>Each text between two end tokens, as pre-training shows documents; a long one is cut into several.</summary>
    private static TokenizedTask OfTexts(PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, int maxTokens)
    {
        var texts = new List<TokenizedRow>(rows.Count);
        foreach (var text in rows.SelectMany(row => row.Text2 is { } second ? [row.Text, second] : new[] { row.Text }))
            foreach (var part in ((int[])[.. prompts.Tokenizer.Encode(text.Trim(), allowSpecial: false), prompts.EndToken]).Chunk(maxTokens - 1))
                texts.Add(new TokenizedRow([prompts.EndToken, .. part], 1));
        return texts.Count > 0 ? new TokenizedTask(task.Name, texts, 0) : throw new InvalidDataException($"Task {task.Name} has no texts.");
    }
}
