using Platform.Engine.Generation;

namespace Platform.Engine.Evaluation.Reports;

/// <summary>The rows that were not answered as expected, in the order in which somebody should look at them.</summary>
internal static class WrongRows
{
    private const int InputCharacters = 1000;
    private const int OutputCharacters = 500;

    public static List<WrongExample> Of(Metric metric, ReportInput input)
    {
        var quality = RowQuality.Of(metric);
        var single = input.Baseline?.Predictions.ToDictionary(row => row.Id, row => row.Actual, StringComparer.Ordinal) ?? [];
        var wrong = input.Predictions.Select(row => (Row: row, Quality: quality.Of(row))).Where(one => !IsRight(one.Row, one.Quality, quality.IsDistance))
            .Select(one => Example(one.Row, one.Quality, input, single));
        return [.. input.Task.IsClosed
            ? wrong.OrderByDescending(example => example.Score ?? 0).ThenBy(example => example.Id, StringComparer.Ordinal)
            : wrong.OrderBy(example => example.RowScore ?? double.NegativeInfinity).ThenByDescending(example => example.Score ?? 0).ThenBy(example => example.Id, StringComparer.Ordinal)];
    }

    private static bool IsRight(Prediction row, double quality, bool isDistance) =>
        row.Expected.Trim() == row.Actual.Trim() || (isDistance ? quality >= 0 : quality >= 1 - 1e-12);

    private static WrongExample Example(Prediction row, double quality, ReportInput input, Dictionary<string, string> single)
    {
        var (score, expectedScore) = (row.Score, (double?)null);
        if (row.Probabilities is { } raw)
        {
            var calibrated = LabelTemperature.Apply([.. raw.Select(one => (double)one)], input.Fit?.Temperature ?? 1);
            score = Of(row.Actual);
            expectedScore = Of(row.Expected);

            double? Of(string label)
            {
                var place = input.Task.Labels.Index().Where(one => one.Item.Trim() == label.Trim()).Select(one => one.Index).DefaultIfEmpty(-1).First();
                return place < 0 ? null : calibrated[place];
            }
        }

        return new WrongExample(
            row.Id, Cut(row.Input, InputCharacters), row.Input2 is { } second ? Cut(second, InputCharacters) : null, Cut(row.Expected, OutputCharacters), Cut(row.Actual, OutputCharacters), score, expectedScore,
            double.IsFinite(quality) ? quality : null, single.TryGetValue(row.Id, out var answered) ? Cut(answered, OutputCharacters) : null);
    }

    private static string Cut(string text, int characters)
    {
        if (text.Length <= characters)
            return text;
        // Never half of a character outside the basic plane.
        var end = char.IsHighSurrogate(text[characters - 1]) ? characters - 1 : characters;
        return text[..end] + "…";
    }
}
