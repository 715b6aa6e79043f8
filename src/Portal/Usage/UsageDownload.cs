using System.Globalization;
using System.Text;
using Platform.Domain.Rates;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Downloads;

namespace Platform.Portal.Usage;

internal static class UsageDownload
{
    public const string Path = "/usage.csv";

    public static void MapUsageDownload(this IEndpointRouteBuilder routes) => routes.MapGet(Path, DownloadAsync).RequireAuthorization();

    private static async Task<IResult> DownloadAsync(
        HttpContext context, UserAccounts accounts, UsageQuery usage, TimeProvider clock, string? from, string? to, string? group, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId || await accounts.ActorAsync(userId, cancellationToken) is not { IsSuccess: true } actor)
            return Results.Unauthorized();
        var period = UsagePeriod.Parse(from, to, group, clock.GetUtcNow());
        var rows = await usage.SummariseAsync(actor.Value, period.Filter, period.Grouping, cancellationToken);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"usage-{period.FromText}-{period.ToText}.csv\"";
        return Results.Text(Csv(rows, period.Grouping), "text/csv", Encoding.UTF8);
    }

    private static string Csv(IReadOnlyList<UsageSummary> rows, UsageGrouping grouping)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{grouping.ToString().ToLowerInvariant()},requests,errors,inputs,prompt_tokens,cached_tokens,completion_tokens,device_seconds,cost,currency\r\n");
        foreach (var row in rows)
            text.Append(CultureInfo.InvariantCulture,
                $"{CsvField.Of(row.Group)},{row.Requests},{row.Errors},{row.Inputs},{row.PromptTokens},{row.CachedTokens},{row.CompletionTokens},{row.DeviceMicroseconds / 1e6:0.000000},{new Money(row.CostNano, row.Currency).Amount:0.000000000},{row.Currency}\r\n");
        return text.ToString();
    }
}
