using System.Globalization;
using MudBlazor;

namespace Platform.Portal.Components.Controls;

/// <summary>
/// MudBlazor's axes have whole ticks, while losses and costs are small. So values are drawn multiplied by a scale that brings the
/// largest to at most <see cref="Height"/>, and the axis is labelled with what they really are.
/// </summary>
public static class ChartScale
{
    private const double Height = 100;
    private const int Tick = 20;

    public static double For(IEnumerable<double> values)
    {
        var largest = values.DefaultIfEmpty(0).Max(Math.Abs);
        return largest > 0 ? Height / RoundUp(largest) : 1;
    }

    public static LineChartOptions LineOptions(double scale) => new()
    {
        LineStrokeWidth = 2,
        ShowDataMarkers = false,
        ConnectNullPoints = true,
        YAxisRequireZeroPoint = true,
        YAxisTicks = Tick,
        YAxisToStringFunc = value => Label(Convert.ToDouble(value, CultureInfo.InvariantCulture) / scale),
    };

    /// <summary>To 1, 2 or 5 times a power of ten, so that the labels are round.</summary>
    private static double RoundUp(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return (value / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }

    private static string Label(double value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
