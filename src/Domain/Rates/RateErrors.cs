using Platform.Domain.Results;

namespace Platform.Domain.Rates;

public static class RateErrors
{
    public static Error PriceOutOfRange(decimal price) => Error.Invalid(
        "rate_price_out_of_range", $"The price is {price} an hour; it must lie between 0 and 1000000.", "price_per_hour");

    public static Error CurrencyInvalid(string currency) => Error.Invalid(
        "rate_currency_invalid", $"The currency '{currency}' must be a three-letter code such as USD.", "currency");

    public static Error StartsInPast(DateTimeOffset startsAt) => Error.Invalid(
        "rate_starts_in_past",
        $"The rate would start at {startsAt:u}, which is past; what was billed stays as it is. Choose now or later, or correct the rate that was in force then.", "starts_at");

    public static Error StartTaken(DateTimeOffset startsAt) => Error.Conflict(
        "rate_start_taken", $"Another rate starts at {startsAt:u} already; choose another moment, or correct that rate.", "starts_at");

    public static Error Unknown(Guid id) => Error.NotFound("rate_unknown", $"There is no rate {id}. List the rates to find it.", "rate");

    public static Error Corrected(Rate rate) => Error.Conflict(
        "rate_corrected_already", $"This entry of the rate from {rate.StartsAt:u} was corrected by a later one. Correct that one instead.", "rate");

    public static Error ReasonMissing() => Error.Invalid("rate_reason_missing", "Say why the rate was wrong; the reason stays with every adjustment.", "reason");

    public static Error NothingChanged(Rate rate) => Error.Invalid(
        "rate_correction_changes_nothing", $"The rate is {new Money(rate.PricePerHourNano, rate.Currency)} an hour already; give the price that it should have been.", "price_per_hour");
}
