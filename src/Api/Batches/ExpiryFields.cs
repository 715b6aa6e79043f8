using System.Globalization;
using Platform.Api.OpenAi;
using Platform.Domain.Results;

namespace Platform.Api.Batches;

/// <summary>OpenAI's <c>expires_after</c>: how long after its creation a file is deleted.</summary>
internal static class ExpiryFields
{
    private const string Anchor = "created_at";
    private const long Least = 3600;
    private const long Most = 2_592_000;

    /// <summary>From a JSON body.</summary>
    /// <returns>Null when it is left out, or wrong: the reader has the error then.</returns>
    public static TimeSpan? Read(FieldReader fields, string name)
    {
        if (fields.Inside(name) is not { } inside)
            return null;
        inside.CheckNames("anchor", "seconds");
        if (inside.Text("anchor") is { } anchor && anchor != Anchor)
            fields.Errors.Add(WrongAnchor(inside.Path("anchor")));
        if (inside.Find("seconds") is null)
            fields.Errors.Add(OpenAiErrors.Missing(inside.Path("seconds"), $"say after how many seconds, {Least} to {Most}."));
        return inside.Whole("seconds", Least, Most) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>From the fields of a form.</summary>
    public static Result<TimeSpan?> Read(string? anchor, string? seconds)
    {
        if (anchor is not (null or Anchor))
            return WrongAnchor("expires_after[anchor]");
        if (seconds is null && anchor is null)
            return Result.Success<TimeSpan?>(null);
        return long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= Least and <= Most
            ? Result.Success<TimeSpan?>(TimeSpan.FromSeconds(number))
            : OpenAiErrors.OutOfRange("expires_after[seconds]", seconds is null ? "missing" : "another value", string.Create(CultureInfo.InvariantCulture, $"a whole number from {Least} to {Most}"));
    }

    private static Error WrongAnchor(string field) => OpenAiErrors.OutOfRange(field, "another one", Anchor);
}
