using System.Globalization;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

/// <summary>Whether a value lies in its field's range, and the sentence where it does not.</summary>
internal static class RecipeRange
{
    public const string OutOfRange = "recipe_out_of_range";

    public static Error? Problem(RecipeField field, string path, double value)
    {
        var setting = field.Setting;

        // Written so that NaN fails.
        if (double.IsNaN(setting.Low) || value >= setting.Low && value <= setting.High)
            return null;
        var low = Words(setting.Low);
        var sentence = setting.Low == setting.High
            ? $"{path} is {Words(value)}; it must be {low}."
            : $"{path} is {Words(value)}; it must lie between {low} and {Words(setting.High)}{(setting.Unit is null ? "" : " " + setting.Unit)}.{(field.Default is null ? "" : $" The default is {field.DefaultText}.")}";
        return Error.Invalid(OutOfRange, sentence, path);
    }

    public static Error? Problem(RecipeField field, string path, string text)
    {
        if (!string.IsNullOrWhiteSpace(text) && (double.IsNaN(field.Setting.High) || text.Length <= field.Setting.High))
            return null;
        return Error.Invalid(
            OutOfRange, $"{path} {(string.IsNullOrWhiteSpace(text) ? "is empty" : $"has {text.Length} characters")}; it must have 1 to {Words(field.Setting.High)} characters.", path);
    }

    public static string Words(double value) => value.ToString(Math.Abs(value) is >= 1e-4 and < 1e15 or 0 ? "0.###############" : "G", CultureInfo.InvariantCulture);
}
