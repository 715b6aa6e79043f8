using System.Globalization;
using System.Text;

namespace Platform.Api.Usage;

internal static class UsageCsv
{
    public static string Write(IReadOnlyList<UsageGroup> groups)
    {
        var csv = new StringBuilder("group,requests,errors,inputs,prompt_tokens,cached_tokens,completion_tokens,device_ms,cost_amount,cost_currency,adjustment_amount\r\n");
        foreach (var group in groups)
            csv.Append(CultureInfo.InvariantCulture,
                $"{Quoted(group.Group)},{group.Requests},{group.Errors},{group.Inputs},{group.PromptTokens},{group.CachedTokens},{group.CompletionTokens},{group.DeviceMs},{group.Cost.Amount},{group.Cost.Currency},{group.Adjustment.Amount}\r\n");
        return csv.ToString();
    }

    /// <summary>Key names are free text: a spreadsheet must read one that begins like a formula as text.</summary>
    private static string Quoted(string text)
    {
        if (text.Length > 0 && "=+-@\t\r".Contains(text[0]))
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
    }
}
