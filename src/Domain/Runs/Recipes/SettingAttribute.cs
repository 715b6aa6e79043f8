namespace Platform.Domain.Runs.Recipes;

/// <summary>
/// All that is said about a setting of the recipe. The check of a document, the portal's form, the terminal and docs/recipe.md read
/// it here and nowhere else; the default is the property's own.
/// </summary>
/// <param name="label">A few words, for the form.</param>
/// <param name="description">A sentence or two on what it does.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string label, string description) : Attribute
{
    public string Label => label;

    public string Description => description;

    /// <summary>What a number counts.</summary>
    public string? Unit { get; init; }

    /// <summary>Least value of a number.</summary>
    public double Low { get; init; } = double.NaN;

    /// <summary>Largest value of a number; longest text.</summary>
    public double High { get; init; } = double.NaN;

    /// <summary>Where the setting or its default comes from.</summary>
    public string? Source { get; init; }
}
