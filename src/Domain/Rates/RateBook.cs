using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Rates;

/// <summary>Prices of a device hour over time. A rate is in force from its start until the next one starts.</summary>
public sealed class RateBook(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>What the first start writes down: 2.00 USD per device hour, until an admin sets the real price.</summary>
    public static Rate FirstRate(DateTimeOffset now) => new()
    {
        StartsAt = DateTimeOffset.UnixEpoch,
        PricePerHourNano = 2 * Money.NanoPerUnit,
        Currency = "USD",
        CreatedAt = now,
        CreatedByName = "first start",
    };

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Rate>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Rates.AsNoTracking().OrderByDescending(rate => rate.StartsAt).ToListAsync(cancellationToken);
    }

    public async Task<Rate> InForceAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Rates.AsNoTracking().Where(rate => rate.StartsAt <= at).OrderByDescending(rate => rate.StartsAt).FirstAsync(cancellationToken);
    }

    /// <summary>Rates start in the future or now: what was billed stays as it is.</summary>
    public async Task<Result<Rate>> SetAsync(Actor actor, DateTimeOffset startsAt, decimal pricePerHour, string currency, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("set a rate") is { } refusal)
            return refusal;
        var now = clock.GetUtcNow();
        List<Error> errors = [];
        if (pricePerHour is < 0 or > 1_000_000)
            errors.Add(Error.Invalid("rate_price_out_of_range", $"The price is {pricePerHour} an hour; it must lie between 0 and 1000000.", "price_per_hour"));
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
            errors.Add(Error.Invalid("rate_currency_invalid", $"The currency '{currency}' must be a three-letter code such as USD.", "currency"));
        if (startsAt < now - TimeSpan.FromMinutes(1))
            errors.Add(Error.Invalid("rate_starts_in_past", $"The rate would start at {startsAt:u}, which is past; what was billed stays as it is. Choose now or later.", "starts_at"));
        if (errors.Count > 0)
            return Result.Failure<Rate>(errors);

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rate = new Rate
        {
            StartsAt = startsAt,
            PricePerHourNano = Money.FromAmount(pricePerHour, currency).Nano,
            Currency = currency,
            CreatedAt = now,
            CreatedByName = actor.Name,
        };
        context.Rates.Add(rate);
        AuditTrail.Add(context, now, actor, "rate.set", nameof(Rate), rate.Id, after: new { rate.StartsAt, PricePerHour = pricePerHour, currency });
        return await context.TrySaveAsync(cancellationToken)
            ? rate
            : Error.Conflict("rate_start_taken", $"Another rate starts at {startsAt:u} already; choose another moment.", "starts_at");
    }
}
