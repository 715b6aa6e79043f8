using System.Text.Encodings.Web;
using System.Text.Json;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Method.Outside;

/// <summary>Writes rows, one JSON object a line.</summary>
internal static class ExportLines
{
    // Texts stay readable; nothing of this is ever written into HTML.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// A stage's rows in the order in which they are trained on. The token ids are what counts: parts of a prompt are tokenized apart, as
    /// the server does it, and rows that are too long are cut as in a training here. The texts say the same for other trainers.
    /// </summary>
    /// <returns>Lines and updates.</returns>
    public static (long Examples, long Updates) WriteStage(
        string path, PromptBuilder prompts, IReadOnlyList<TaskData> tasks, IReadOnlyList<long> examples, TrainingOptions options, int contextTokens, CancellationToken cancellationToken)
    {
        using var writer = new StreamWriter(path);
        var (lines, updates) = (0L, 0L);
        foreach (var update in TrainingOrder.Updates(prompts, tasks, examples, options, contextTokens))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var row in update)
            {
                writer.WriteLine(JsonSerializer.Serialize(
                    new
                    {
                        task = tasks[row.Task].Spec.Name,
                        id = row.Id,
                        update = updates,
                        prompt = prompts.Tokenizer.Decode([.. row.Ids.Take(row.PromptTokens)]),
                        completion = prompts.Tokenizer.Decode([.. row.Ids.Skip(row.PromptTokens).Where(id => id != prompts.EndToken)]),
                        input_ids = row.Ids,
                        completion_mask = Enumerable.Range(0, row.Ids.Count).Select(place => place < row.PromptTokens ? 0 : 1),
                        token_weight = row.TokenWeight,
                    },
                    Json));
                lines++;
            }

            updates++;
        }

        return (lines, updates);
    }

    /// <summary>Rows to measure on, uncut.</summary>
    public static void WriteEvaluation(string path, PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var writer = new StreamWriter(path);
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var prompt = prompts.Prompt(task, row.Text, row.Text2).Ids;
            writer.WriteLine(JsonSerializer.Serialize(
                new
                {
                    task = task.Name,
                    id = row.Id,
                    prompt = prompts.Tokenizer.Decode(prompt),
                    completion = " " + row.Output.Trim(),
                    references = row.References,
                    prompt_ids = prompt,
                },
                Json));
        }
    }
}
