using System.Globalization;
using Platform.Api.Keys;
using Platform.Api.Problems;
using Platform.Domain.Results;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Api.Usage;

internal static class UsageEndpoint
{
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(30);
    private static readonly string[] Groupings = [.. Enum.GetNames<UsageGrouping>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Formats = ["json", "csv"];

    public static async Task<IResult> GetAsync(
        HttpContext http, UsageQuery query, TimeProvider clock, CancellationToken cancellationToken,
        string? from = null, string? to = null, string? group_by = null, string? format = null)
    {
        List<Error> errors = [];
        var end = ReadTime("to", to, clock.GetUtcNow(), errors);
        var start = ReadTime("from", from, end - DefaultSpan, errors);
        var grouping = ReadChoice("group_by", group_by, Groupings, errors);
        var wanted = ReadChoice("format", format, Formats, errors);
        if (errors.Count == 0 && start >= end)
            errors.Add(UsageErrors.RangeEmpty(start, end));
        if (errors.Count > 0)
            return new Problem(errors);

        var key = http.Key();
        var sums = await query.SummariseAsync(
            Actor.ForKey(key.Name, key.TeamId), new UsageFilter(start, end), Enum.Parse<UsageGrouping>(grouping, ignoreCase: true), cancellationToken);
        var groups = sums.Select(UsageGroup.Of).ToList();
        return wanted == "csv"
            ? Results.Text(UsageCsv.Write(groups), "text/csv; charset=utf-8")
            : Results.Ok(new UsageResponse("list", start, end, grouping, groups));
    }

    private static DateTimeOffset ReadTime(string field, string? value, DateTimeOffset fallback, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(value))
            return fallback;
        if (DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        errors.Add(UsageErrors.TimeInvalid(field, value));
        return fallback;
    }

    private static string ReadChoice(string field, string? value, string[] choices, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(value))
            return choices[0];
        if (choices.Contains(value, StringComparer.Ordinal))
            return value;
        errors.Add(UsageErrors.ChoiceInvalid(field, value, choices));
        return choices[0];
    }
}
