namespace Platform.Domain.Datasets.Rows;

/// <summary>Which rows of a dataset version somebody wants to see.</summary>
/// <param name="Label">The exact output.</param>
/// <param name="Problem">A finding's code.</param>
/// <param name="Words">Rows that have all of them, each as a word or the beginning of one.</param>
public sealed record RowFilter(Split? Split = null, string? Label = null, string? Problem = null, string? Words = null)
{
    public bool IsEmpty => Split is null && Label is null && Problem is null && Terms.Count == 0;

    /// <summary>Runs of letters and digits: the index knows nothing else.</summary>
    public IReadOnlyList<string> Terms
    {
        get
        {
            List<string> terms = [];
            var start = -1;
            var text = Words ?? "";
            for (var index = 0; index <= text.Length; index++)
            {
                var isWord = index < text.Length && (char.IsLetterOrDigit(text[index]) || char.IsSurrogate(text[index]));
                if (isWord && start < 0)
                    start = index;
                if (isWord || start < 0)
                    continue;
                terms.Add(text[start..index]);
                start = -1;
            }

            return terms;
        }
    }
}
