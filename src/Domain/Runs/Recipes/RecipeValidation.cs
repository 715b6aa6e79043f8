using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

/// <summary>Whether a recipe can be run.</summary>
internal static partial class RecipeValidation
{
    private const string Unfit = "recipe_settings_unfit";

    public static IReadOnlyList<Error> Check(Recipe recipe)
    {
        List<Error> errors = [];
        CheckRanges(recipe, errors);
        CheckHash(recipe.BaseModelSha256, "baseModelSha256", errors);
        CheckTasks(recipe, errors);
        CheckWeights(recipe.Stage2.Mixing, "stage2.mixing", errors);
        CheckWeights(recipe.Stage3.Mixing, "stage3.mixing", errors);
        return errors;
    }

    /// <summary>Whether weights and overrides speak of tasks that take part.</summary>
    public static IReadOnlyList<Error> CheckNames(Recipe recipe, IReadOnlyCollection<string> tasks)
    {
        var named = recipe.Filter.Overrides.Keys.Select(name => (Path: "filter.overrides", Name: name))
            .Concat(Used(recipe.Stage2.Mixing, "stage2.mixing.weights")).Concat(Used(recipe.Stage3.Mixing, "stage3.mixing.weights"));
        return [.. named.Where(found => !tasks.Contains(found.Name)).Select(found => Error.Invalid(
            Unfit,
            $"{found.Path}.{found.Name} names no task of the run{(NearestName.Of(found.Name, tasks) is { } near ? $"; did you mean {near}?" : $"; its tasks are {string.Join(", ", tasks.Order(StringComparer.Ordinal).Take(20))}.")}",
            $"{found.Path}.{found.Name}"))];

        static IEnumerable<(string Path, string Name)> Used(MixingSection mixing, string path) =>
            mixing.Strategy == MixingStrategy.Weights ? mixing.Weights.Keys.Select(name => (path, name)) : [];
    }

    private static void CheckRanges(Recipe recipe, List<Error> errors) => CheckRanges(RecipeField.Root, recipe, "", errors);

    /// <summary>By the properties and not by JSON, which cannot hold a number that is none.</summary>
    private static void CheckRanges(IReadOnlyList<RecipeField> fields, object of, string prefix, List<Error> errors)
    {
        foreach (var field in fields)
        {
            var value = of.GetType().GetProperty(field.Name, BindingFlags.IgnoreCase | BindingFlags.Public | BindingFlags.Instance)!.GetValue(of);
            var path = prefix + field.Name;
            switch (value)
            {
                case null:
                    break;
                case string text:
                    Add(RecipeRange.Problem(field, path, text));
                    break;
                case int or long or double:
                    Add(RecipeRange.Problem(field, path, Convert.ToDouble(value, CultureInfo.InvariantCulture)));
                    break;
                case IReadOnlyDictionary<string, double> weights:
                    foreach (var (name, weight) in weights)
                        Add(RecipeRange.Problem(field, $"{path}.{name}", weight));
                    break;
                case IReadOnlyDictionary<string, FilterOverride> overrides:
                    foreach (var (name, one) in overrides)
                        CheckRanges(field.Fields, one, $"{path}.{name}.", errors);
                    break;
                case IReadOnlyList<RecipeTask> tasks:
                    for (var i = 0; i < tasks.Count; i++)
                        CheckRanges(field.Fields, tasks[i], $"{path}[{i}].", errors);
                    break;
                default:
                    CheckRanges(field.Fields, value, path + ".", errors);
                    break;
            }
        }

        void Add(Error? problem)
        {
            if (problem is not null)
                errors.Add(problem);
        }
    }

    private static void CheckTasks(Recipe recipe, List<Error> errors)
    {
        if (recipe.Tasks is not { } tasks)
            return;
        if (tasks.Count == 0)
            errors.Add(Error.Invalid(Unfit, "tasks is an empty list; name at least one task, or leave the field out.", "tasks"));
        for (var i = 0; i < tasks.Count; i++)
        {
            CheckHash(tasks[i].Sha256, $"tasks[{i}].sha256", errors);
            if (tasks.Take(i).Any(before => before.Name == tasks[i].Name))
                errors.Add(Error.Invalid(Unfit, $"tasks[{i}].name is {tasks[i].Name}, which is in the list already; leave one of the two out.", $"tasks[{i}].name"));
        }

        errors.AddRange(CheckNames(recipe, [.. tasks.Select(task => task.Name)]));
    }

    private static void CheckHash(string? hash, string path, List<Error> errors)
    {
        if (hash is not null && !Hash().IsMatch(hash))
            errors.Add(Error.Invalid(Unfit, $"{path} is no SHA-256 hash; write 64 digits from 0 to f in lower case, or leave the field out.", path));
    }

    private static void CheckWeights(MixingSection mixing, string path, List<Error> errors)
    {
        if (mixing.Strategy == MixingStrategy.Weights && !(mixing.Weights.Values.Sum() > 0))
            errors.Add(Error.Invalid(Unfit, $"{path}.weights gives no task a weight above 0, which the strategy weights needs; name the tasks with their weights, or choose another strategy.", $"{path}.weights"));
    }

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Hash();
}
