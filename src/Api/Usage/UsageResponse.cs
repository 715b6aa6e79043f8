using System.ComponentModel;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Api.Usage;

[Description("What something cost.")]
internal sealed record Cost(
    [property: Description("In units of the currency, exact to 1e-9.")] decimal Amount,
    [property: Description("ISO 4217.")] string Currency)
{
    public static Cost Of(Money money) => new(money.Amount, money.Currency);
}

[Description("Sums over one group.")]
internal sealed record UsageGroup(
    [property: Description("Name of the task, team or key, or the day (UTC).")] string Group,
    long Requests,
    [property: Description("Requests among them that took device time but could not be answered.")] long Errors,
    long Inputs,
    long PromptTokens,
    long CachedTokens,
    long CompletionTokens,
    [property: Description("Device time in milliseconds.")] decimal DeviceMs,
    [property: Description("As it was billed with the requests.")] Cost Cost,
    [property: Description("What corrections of rates changed since; the cost and this together are what the group costs.")] Cost Adjustment)
{
    public static UsageGroup Of(UsageSummary sum) => new(
        sum.Group, sum.Requests, sum.Errors, sum.Inputs, sum.PromptTokens, sum.CachedTokens, sum.CompletionTokens,
        sum.DeviceMicroseconds / 1000m, Cost.Of(new Money(sum.CostNano, sum.Currency)), Cost.Of(new Money(sum.AdjustmentNano, sum.Currency)));
}

[Description("Usage in a span of time.")]
internal sealed record UsageResponse(
    [property: Description("Always 'list'.")] string Object,
    DateTimeOffset From,
    [property: Description("Exclusive.")] DateTimeOffset To,
    string GroupBy,
    IReadOnlyList<UsageGroup> Data);
