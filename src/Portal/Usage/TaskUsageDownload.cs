using System.Globalization;
using System.Text;
using Platform.Domain.Rates;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Tasks;

namespace Platform.Portal.Usage;

/// <summary>A task's usage and cost, one row for each day.</summary>
internal static class TaskUsageDownload
{
    public static string PathOf(string task) => $"/tasks/{Uri.EscapeDataString(task)}/usage.csv";

    public static void MapTaskUsageDownload(this IEndpointRouteBuilder routes) => routes.MapGet("/tasks/{task}/usage.csv", DownloadAsync).RequireAuthorization();

    private static async Task<IResult> DownloadAsync(
        HttpContext context, UserAccounts accounts, TaskUsage usage, TimeProvider clock, string task, string? from, string? to, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId || await accounts.ActorAsync(userId, cancellationToken) is not { IsSuccess: true } actor)
            return Results.Unauthorized();
        var period = UsagePeriod.Parse(from, to, null, clock.GetUtcNow()).Newest(TaskUsage.MaxDays);
        var view = await usage.LoadAsync(actor.Value, task, period, cancellationToken);
        if (view.IsFailure)
            return Results.NotFound();
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{view.Value.Task.Name}-{period.FromText}-{period.ToText}.csv\"";
        return Results.Text(Csv(view.Value), "text/csv", Encoding.UTF8);
    }

    private static string Csv(TaskUsageView view)
    {
        var text = new StringBuilder();
        text.Append("day,requests,errors,inputs,p50_ms,p95_ms,p99_ms,prompt_tokens,cached_tokens,cached_share,completion_tokens,device_seconds,")
            .Append("requests_cost,adjustments,idle,training,total,currency\r\n");
        foreach (var day in view.Days)
        {
            var (used, parts) = (day.Usage, day.Parts);
            text.Append(CultureInfo.InvariantCulture, $"{day.Day:yyyy-MM-dd},{used?.Requests ?? 0},{used?.Errors ?? 0},{used?.Inputs ?? 0},")
                .Append(CultureInfo.InvariantCulture, $"{day.Latency?.P50.TotalMilliseconds},{day.Latency?.P95.TotalMilliseconds},{day.Latency?.P99.TotalMilliseconds},")
                .Append(CultureInfo.InvariantCulture, $"{used?.PromptTokens ?? 0},{used?.CachedTokens ?? 0},{used?.CachedShare:0.0000},{used?.CompletionTokens ?? 0},{(used?.DeviceMicroseconds ?? 0) / 1e6:0.000000},")
                .Append(CultureInfo.InvariantCulture, $"{Amount(parts.RequestsNano)},{Amount(parts.AdjustmentNano)},{Amount(parts.IdleNano)},{Amount(parts.TrainingNano)},{Amount(parts.TotalNano)},{day.Currency}\r\n");
        }

        return text.ToString();
    }

    private static string Amount(long nano) => (nano / (decimal)Money.NanoPerUnit).ToString("0.000000000", CultureInfo.InvariantCulture);
}
