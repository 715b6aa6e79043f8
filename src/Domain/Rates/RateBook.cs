using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Rates;

/// <param name="Adjustments">Entries that the correction wrote into the ledger.</param>
/// <param name="Amounts">Their sum in each currency.</param>
public sealed record RateCorrection(Rate Rate, int Adjustments, IReadOnlyList<Money> Amounts);

/// <summary>Prices of a device hour over time. A rate is in force from its start until the next one starts.</summary>
public sealed class RateBook(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private static readonly TimeSpan NowPrecision = TimeSpan.FromMinutes(1);

    /// <summary>What the first start writes down: 2.00 USD per device hour, until an admin sets the real price.</summary>
    public static Rate FirstRate(DateTimeOffset now) => new()
    {
        StartsAt = DateTimeOffset.UnixEpoch,
        PricePerHourNano = 2 * Money.NanoPerUnit,
        Currency = "USD",
        CreatedAt = now,
        CreatedByName = "first start",
    };

    public async Task<RateHistory> HistoryAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await HistoryAsync(context, cancellationToken);
    }

    internal static async Task<RateHistory> HistoryAsync(PlatformDbContext context, CancellationToken cancellationToken) =>
        new(await context.Rates.AsNoTracking().ToListAsync(cancellationToken));

    /// <summary>Newest first, without those that were corrected.</summary>
    public async Task<IReadOnlyList<Rate>> ListAsync(CancellationToken cancellationToken) => (await HistoryAsync(cancellationToken)).Effective;

    public async Task<Rate> InForceAsync(DateTimeOffset at, CancellationToken cancellationToken) => (await HistoryAsync(cancellationToken)).InForceAt(at);

    /// <summary>Rates start in the future or now: what was billed stays as it is.</summary>
    public async Task<Result<Rate>> SetAsync(Actor actor, DateTimeOffset startsAt, decimal pricePerHour, string currency, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("set a rate") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);

        // "Now" is the moment at which nobody else can write: no record that ends later was priced without this rate.
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var errors = Problems(pricePerHour, currency);
        if (startsAt < now - NowPrecision)
            errors.Add(RateErrors.StartsInPast(startsAt));
        if (errors.Count > 0)
            return Result.Failure<Rate>(errors);

        var rate = New(startsAt > now ? startsAt : now, 0, pricePerHour, currency, null, now, actor);
        context.Rates.Add(rate);
        AuditTrail.Add(context, now, actor, "rate.set", nameof(Rate), rate.Id, after: new { rate.StartsAt, PricePerHour = pricePerHour, currency });
        if (!await context.TrySaveAsync(cancellationToken))
            return RateErrors.StartTaken(startsAt);
        await transaction.CommitAsync(cancellationToken);
        return rate;
    }

    /// <summary>
    /// The price that a rate should have had from its start. Nothing is changed: a further entry of the rate is in force from now on, and
    /// what was billed by the wrong one gets adjustments, in the same transaction.
    /// </summary>
    public async Task<Result<RateCorrection>> CorrectAsync(
        Actor actor, Guid rateId, decimal pricePerHour, string currency, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("correct a rate") is { } refusal)
            return refusal;
        var errors = Problems(pricePerHour, currency);
        if (string.IsNullOrWhiteSpace(reason))
            errors.Add(RateErrors.ReasonMissing());
        if (errors.Count > 0)
            return Result.Failure<RateCorrection>(errors);

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var history = await HistoryAsync(context, cancellationToken);
        if (history.All.FirstOrDefault(rate => rate.Id == rateId) is not { } wrong)
            return RateErrors.Unknown(rateId);
        if (!history.Effective.Contains(wrong))
            return RateErrors.Corrected(wrong);
        var now = clock.GetUtcNow();
        var right = New(wrong.StartsAt, wrong.Revision + 1, pricePerHour, currency, reason.Trim(), now, actor);
        if (right.PricePerHourNano == wrong.PricePerHourNano && right.Currency == wrong.Currency)
            return RateErrors.NothingChanged(wrong);

        context.Rates.Add(right);
        AuditTrail.Add(
            context, now, actor, "rate.corrected", nameof(Rate), right.Id, before: new { wrong.StartsAt, wrong.PricePerHourNano, wrong.Currency },
            after: new { right.StartsAt, right.PricePerHourNano, right.Currency }, reason: right.Reason);
        var adjustments = await Repricing.AdjustAsync(context, history, wrong, right, cancellationToken);
        if (!await context.TrySaveAsync(cancellationToken))
            return RateErrors.Corrected(wrong);
        await transaction.CommitAsync(cancellationToken);
        return new RateCorrection(right, adjustments.Count, [.. adjustments.GroupBy(entry => entry.Currency).Select(group => new Money(group.Sum(entry => entry.AmountNano), group.Key))]);
    }

    private static List<Error> Problems(decimal pricePerHour, string currency)
    {
        List<Error> errors = [];
        if (pricePerHour is < 0 or > 1_000_000)
            errors.Add(RateErrors.PriceOutOfRange(pricePerHour));
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
            errors.Add(RateErrors.CurrencyInvalid(currency));
        return errors;
    }

    private static Rate New(DateTimeOffset startsAt, int revision, decimal pricePerHour, string currency, string? reason, DateTimeOffset now, Actor actor) => new()
    {
        StartsAt = startsAt,
        Revision = revision,
        PricePerHourNano = Money.FromAmount(pricePerHour, currency).Nano,
        Currency = currency,
        Reason = reason,
        CreatedAt = now,
        CreatedByName = actor.Name,
    };
}
