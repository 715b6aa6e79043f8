using System.Globalization;
using System.Text;
using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Costs;

internal static class CostDownload
{
    public const string Path = "/costs.csv";

    public static void MapCostDownload(this IEndpointRouteBuilder routes) => routes.MapGet(Path, DownloadAsync).RequireAuthorization();

    private static async Task<IResult> DownloadAsync(
        HttpContext context, UserAccounts accounts, CostQuery costs, TimeProvider clock, string? month, string? by, string? only, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId || await accounts.ActorAsync(userId, cancellationToken) is not { IsSuccess: true } actor)
            return Results.Unauthorized();
        var asked = CostMonth.Parse(month, by, only, clock.GetUtcNow());
        var report = await costs.ReportAsync(actor.Value, asked.First, asked.First.AddMonths(1), cancellationToken);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"cost-{(asked.ByTeam ? "by-team-" : "")}{asked.MonthText}.csv\"";
        return Results.Text(Csv(asked, report), "text/csv", Encoding.UTF8);
    }

    /// <summary>One row for each task or team and day. Their names are slugs: nothing in them has a meaning for a spreadsheet.</summary>
    private static string Csv(CostMonth asked, CostReport report)
    {
        var text = new StringBuilder(asked.ByTeam ? "team" : "task").Append(",day,requests,adjustments,idle,training,total,currency\r\n");
        foreach (var line in asked.Lines(report))
            foreach (var (day, parts) in line.Days)
                text.Append(CultureInfo.InvariantCulture,
                    $"{line.Name},{day:yyyy-MM-dd},{Amount(parts.RequestsNano)},{Amount(parts.AdjustmentNano)},{Amount(parts.IdleNano)},{Amount(parts.TrainingNano)},{Amount(parts.TotalNano)},{line.Currency}\r\n");
        return text.ToString();
    }

    private static string Amount(long nano) => (nano / (decimal)Money.NanoPerUnit).ToString("0.000000000", CultureInfo.InvariantCulture);
}
