using Platform.Cli.Terminal;
using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Spectre.Console;

namespace Platform.Cli.Runs;

/// <summary>What a run is expected to take, for people and for scripts.</summary>
internal static class ForecastTables
{
    private const double Mebibyte = 1 << 20;

    public static Table Table(RunForecast forecast)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Step", "Rows", "Tokens", "Time", "Memory", "Cost");
        foreach (var step in forecast.Steps.Where(step => step.Seconds > 0))
            table.AddRow(Cells.Plain(
                step.Task is null ? StepText.Name(step.Kind) : $"{StepText.Name(step.Kind)}: {step.Task}", $"{step.Examples:N0}", $"{step.Tokens:N0}",
                Duration(step.Seconds), Memory(step.PeakBytes), Cost(forecast.CostOf(step.Seconds))));
        table.AddRow(Cells.Plain("All", "", $"{forecast.Steps.Sum(step => step.Tokens):N0}", Duration(forecast.Seconds), Memory(forecast.PeakBytes), Cost(forecast.Cost)));
        return table;
    }

    public static string Basis(RunForecast forecast) =>
        $"Measured at {forecast.MeasuredAt:u} on {forecast.Device}: {forecast.SampleTokens:N0} tokens of training in {forecast.SampleSeconds:F1} s, {forecast.TokensPerSecond:N0} tokens/s. "
        + $"Rate: {Cost(new Money(forecast.PricePerHourNano, forecast.Currency))} an hour. Adapters of tasks that the filter isolates come on top; a dedicated model that was measured before costs nothing.";

    public static object AsJson(RunForecast forecast) => new
    {
        forecast.Device,
        forecast.MeasuredAt,
        forecast.TokensPerSecond,
        seconds = forecast.Seconds,
        peak_bytes = forecast.PeakBytes,
        cost = new { forecast.Cost.Amount, forecast.Currency },
        steps = forecast.Steps.Select(step => new { step.Kind, step.Task, step.Examples, step.Tokens, step.Seconds, step.PeakBytes, cost = forecast.CostOf(step.Seconds).Amount }),
    };

    /// <summary>Device time and cost of a step, each beside what was expected.</summary>
    public static IEnumerable<string> Figures(RunForecast? forecast, RunStep step)
    {
        var expected = forecast?.Of(step) is { Seconds: > 0 } one ? one : null;
        var real = step.DeviceMicroseconds > 0;
        return
        [
            real ? Cells.Duration(step.DeviceMicroseconds) : "",
            expected is null ? "" : Duration(expected.Seconds),
            real && forecast is not null ? Cost(forecast.CostOf(step.DeviceMicroseconds / 1e6)) : "",
            expected is null ? "" : Cost(forecast!.CostOf(expected.Seconds)),
        ];
    }

    private static string Duration(double seconds) => Cells.Duration((long)(seconds * 1e6));

    private static string Memory(long? bytes) => bytes is { } known ? $"{known / Mebibyte:N0} MiB" : "";

    private static string Cost(Money money) => $"{money.Amount:0.0000##} {money.Currency}";
}
