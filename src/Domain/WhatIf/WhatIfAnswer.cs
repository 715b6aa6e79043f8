using System.Text.Json;
using Platform.Domain.Runs.Filtering;

namespace Platform.Domain.WhatIf;

/// <summary>An effect in numbers and in words.</summary>
public sealed record WhatIfEffect(string Task, Effect Effect, string Sentence);

/// <summary>What joining would do.</summary>
/// <param name="OnItself">All others' effect on the task, against training alone.</param>
/// <param name="OnNeighbours">Its effect on each task of the probe, the strongest first.</param>
/// <param name="TrainRows">Rows of it that were looked at, to learn from.</param>
/// <param name="ValidationRows">Rows of it that the effect on it was measured on.</param>
/// <param name="Confidence">Of the intervals.</param>
public sealed record WhatIfAnswer(
    string Task, WhatIfEffect OnItself, IReadOnlyList<WhatIfEffect> OnNeighbours, int TrainRows, int ValidationRows, double Confidence)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The answer of an estimate that is done, else null.</summary>
    public static WhatIfAnswer? Of(WhatIfEstimate estimate) =>
        estimate.ResultJson is { } json ? JsonSerializer.Deserialize<WhatIfAnswer>(json, Json) : null;
}
