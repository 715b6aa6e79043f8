using Spectre.Console;

namespace Platform.Cli.Terminal;

/// <summary>Table cells. Text from users is never read as markup.</summary>
internal static class Cells
{
    public static Text[] Plain(params IEnumerable<string?> values) => [.. values.Select(value => new Text(value ?? ""))];

    /// <summary>Microseconds as people read them.</summary>
    public static string Duration(long microseconds) => microseconds switch
    {
        < 1000 => $"{microseconds} µs",
        < 1_000_000 => $"{microseconds / 1000.0:F1} ms",
        < 60_000_000 => $"{microseconds / 1e6:F1} s",
        _ => Clock(TimeSpan.FromMicroseconds(microseconds)),
    };

    public static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time:m\\:ss}";

    public static string Score(double? score) => score is { } value ? $"{100 * value:F1}" : "-";
}
