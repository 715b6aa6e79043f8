namespace Platform.Portal.Downloads;

/// <summary>Text in a CSV file that people open in a spreadsheet.</summary>
internal static class CsvField
{
    /// <summary>A text that begins like a formula gets a leading apostrophe: spreadsheets then show it instead of computing it. Without text the field is empty.</summary>
    public static string Of(string? text) => string.IsNullOrEmpty(text)
        ? ""
        : '"' + (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" : "") + text.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
