namespace Platform.Portal.Components.Pages.Tasks;

/// <summary>Findings' codes in words.</summary>
public static class ProblemNames
{
    public static string Of(string code) => code switch
    {
        "text_empty" => "Empty text",
        "text2_missing" => "No second text",
        "output_empty" => "Empty output",
        "label_unknown" => "Unknown label",
        "output_not_a_number" => "Not a number",
        "tags_mismatch" => "Tokens and tags differ",
        "id_duplicate" => "Id used twice",
        "row_duplicate" => "Repeated row",
        "label_contradiction" => "Contradictory label",
        "leak_between_splits" => "Leak between splits",
        "leak_across_tasks" => "Leak from another task",
        "row_too_long" => "Longer than the context",
        _ => code.Replace('_', ' '),
    };
}
