using System.Globalization;
using Platform.Domain.Rates;
using Platform.Domain.Results;

namespace Platform.Domain.Budgets;

public static class BudgetErrors
{
    public const string ExceededCode = "budget_exceeded";

    public static Error Exceeded(string budget, Money spent, Money limit, Money needed, DateTimeOffset? resetsAt) => new(
        ExceededCode, 429, string.Create(CultureInfo.InvariantCulture,
            $"The budget of {budget} is spent: {spent} of {limit}, and this request may cost up to {needed}. {(resetsAt is { } at ? $"It starts again from nothing at {at:u}; until then ask an admin to raise it." : "Ask an admin to raise it.")}"));

    public static Error Reserved(string budget, Money spent, Money reserved, Money limit) => new(
        "budget_reserved", 429, string.Create(CultureInfo.InvariantCulture,
            $"Of the budget of {budget} ({limit}), {spent} are spent and {reserved} reserved for requests on their way, so this one cannot be let in yet. Try again in a second."))
    {
        RetryAfterSeconds = 1,
    };

    public static Error AmountOutOfRange(decimal amount) => Error.Invalid(
        "budget_amount_out_of_range", $"The amount is {amount}; it must lie between 0 and 1000000000.", "amount");

    public static Error ScopeUnknown(BudgetScope scope, string name) => Error.NotFound(
        "budget_scope_unknown", $"There is no {scope.ToString().ToLowerInvariant()} '{name}' that you may see.", "scope");

    public static Error CurrencyUnknown(string currency, IEnumerable<string> known) => Error.Invalid(
        "budget_currency_unknown", $"No rate is in '{currency}', so nothing would ever count towards the budget. Use {string.Join(" or ", known)}.", "currency");

    public static Error Unknown(Guid id) => Error.NotFound("budget_unknown", $"There is no budget {id} in force that you may see. List the budgets to find it.", "budget");

    public static Error ReasonMissing() => Error.Invalid("budget_reason_missing", "Say why the budget ends; the reason is kept in the audit log.", "reason");
}
