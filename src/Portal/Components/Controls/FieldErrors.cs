using Platform.Domain.Results;

namespace Platform.Portal.Components.Controls;

/// <summary>A failed form's problems, by field.</summary>
public sealed class FieldErrors(IReadOnlyList<Error> errors, params IReadOnlyList<string> fields)
{
    public IReadOnlyList<Error> All => errors;

    /// <summary>Those that belong to none of the form's fields.</summary>
    public IReadOnlyList<Error> Others => [.. errors.Where(error => !fields.Any(name => Concerns(error, name)))];

    public string? For(string field)
    {
        var messages = errors.Where(error => Concerns(error, field)).Select(error => error.Message).ToList();
        return messages.Count == 0 ? null : string.Join(" ", messages);
    }

    public bool Has(string field) => errors.Any(error => Concerns(error, field));

    /// <summary>A problem with <c>labels[3]</c> is one with <c>labels</c>, and one with <c>weights.a</c> is one with <c>weights</c>.</summary>
    private static bool Concerns(Error error, string field) =>
        error.Field is { } at && (at == field || at.StartsWith(field + "[", StringComparison.Ordinal) || at.StartsWith(field + ".", StringComparison.Ordinal));
}
