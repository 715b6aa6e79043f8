using Platform.Domain.Audit;
using Platform.Portal.Usage;

namespace Platform.Portal.Audits;

/// <summary>What an address asks for of the audit log: days (UTC, both included), who, and what. The page and its CSV read it the same way.</summary>
public sealed record AuditChoice(string? From, string? To, string? Who, string? What)
{
    public AuditFilter Filter(int skip = 0, int take = 0) => new(
        UsagePeriod.DayStart(From), UsagePeriod.DayStart(To)?.AddDays(1), Known(What), null, Known(Who), skip, take);

    /// <summary>Empty when all is asked for.</summary>
    public string Query => QueryString.Create(new Dictionary<string, string?> { ["from"] = Known(From), ["to"] = Known(To), ["who"] = Known(Who), ["what"] = Known(What) }
        .Where(pair => pair.Value is not null)).ToString();

    private static string? Known(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
