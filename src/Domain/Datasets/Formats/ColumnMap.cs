using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Formats;

/// <summary>Which column of a table is which field of a row. Columns that are not named here are kept beside them.</summary>
/// <param name="Text2">The second text of pairs; null for none.</param>
/// <param name="Id">Null: rows are numbered.</param>
public sealed record ColumnMap(string Text, string Output, string? Text2 = null, string? Id = null)
{
    private static readonly string[] TextNames = ["text", "sentence", "sentence1", "question1", "question", "premise", "review", "message", "utterance", "content", "body", "input"];
    private static readonly string[] SecondNames = ["text2", "sentence2", "question2", "hypothesis", "answer_text", "passage"];
    private static readonly string[] OutputNames = ["output", "label", "labels", "target", "class", "category", "intent", "sentiment", "score", "answer", "title", "summary"];
    private static readonly string[] IdNames = ["id", "idx", "index", "guid", "uuid", "key"];

    /// <summary>The platform's own names: a table that has them needs no mapping.</summary>
    public static ColumnMap Plain { get; } = new("text", "output", "text2", "id");

    public IEnumerable<string> Names => new[] { Text, Output, Text2, Id }.OfType<string>();

    /// <summary>Whether a table with these columns can be read as it is.</summary>
    public static bool IsPlain(IReadOnlyList<string> columns) => columns.Contains(Plain.Text) && columns.Contains(Plain.Output);

    /// <summary>A first proposal, by names that such columns often have; what nothing fits is left empty.</summary>
    public static ColumnMap Guess(IReadOnlyList<string> columns, TaskKind kind)
    {
        var output = Find(OutputNames) ?? "";
        var text = Find(TextNames) ?? columns.FirstOrDefault(column => column != output) ?? "";
        var pairs = kind is TaskKind.PairClassification or TaskKind.Similarity;
        return new ColumnMap(text, output, pairs ? Find(SecondNames) : null, Find(IdNames));

        string? Find(string[] names) => names
            .Select(name => columns.FirstOrDefault(column => string.Equals(column, name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(column => column is not null);
    }
}
