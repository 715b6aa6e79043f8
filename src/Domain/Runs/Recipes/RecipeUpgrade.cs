using System.Text.Json.Nodes;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

/// <summary>Documents of version 1, one flat object without a version, in the current shape.</summary>
internal static class RecipeUpgrade
{
    /// <summary>Where each flat field went. One that two stages shared went into both.</summary>
    private static readonly Dictionary<string, string[]> Moved = new(StringComparer.Ordinal)
    {
        ["filterStrategy"] = ["filter.strategy"],
        ["probeShare"] = ["filter.share"],
        ["probeTolerance"] = ["filter.tolerance"],
        ["probeExamplesMin"] = ["filter.examplesMin"],
        ["maxEpochs"] = ["stage2.mixing.maxEpochs", "stage3.mixing.maxEpochs"],
        ["stage2Share"] = ["stage2.share"],
        ["highResource"] = ["stage2.highResource"],
        ["highResourceMinRows"] = ["stage2.highResourceMinRows"],
        ["temperature"] = ["stage2.mixing.temperature"],
        ["cap"] = ["stage2.mixing.cap"],
        ["learningRate"] = ["training.learningRate"],
        ["batchExamples"] = ["training.batchExamples"],
        ["warmupShare"] = ["training.warmupShare"],
        ["learningRateFall"] = ["training.learningRateFall"],
        ["finalLearningRateShare"] = ["training.finalLearningRateShare"],
        ["weightDecay"] = ["training.weightDecay"],
        ["clipNorm"] = ["training.clipNorm"],
        ["microBatchTokens"] = ["training.microBatchTokens"],
        ["gradientCheckpointing"] = ["training.gradientCheckpointing"],
        ["precision"] = ["training.precision"],
        ["adapterRank"] = ["adapters.rank"],
        ["adapterAlpha"] = ["adapters.alpha"],
        ["adapterDropout"] = ["adapters.dropout"],
        ["adapterTargets"] = ["adapters.targets"],
        ["adapterLearningRate"] = ["adapters.learningRate"],
        ["adapterExamples"] = ["adapters.examples"],
        ["validationRowsMax"] = ["validation.rowsMax"],
        ["validations"] = ["validation.count"],
        ["testRowsMax"] = ["evaluation.testRowsMax"],
        ["earlyStopPatience"] = ["stage3.earlyStop.patience"],
    };

    private static readonly HashSet<string> Sections = [.. RecipeField.Root.Where(field => field.Kind == RecipeFieldKind.Section).Select(field => field.Name)];

    /// <summary>Where a field of version 1 is now; empty for a name that it did not have.</summary>
    public static IReadOnlyList<string> PathsOf(string name) => Moved.GetValueOrDefault(name) ?? [];

    public static JsonObject ToCurrent(JsonObject document, List<Error> errors)
    {
        if (document.ContainsKey("version"))
            return document;
        if (document.FirstOrDefault(field => Sections.Contains(field.Key)).Key is { } section)
        {
            errors.Add(Error.Invalid("recipe_version_missing", $"version is missing; write version: {Recipe.CurrentVersion}, since the recipe has the section {section} (without a version it would be read in the flat shape of version 1).", "version"));
            return document;
        }

        var upgraded = new JsonObject { ["version"] = Recipe.CurrentVersion };
        foreach (var (name, value) in document)
        {
            if (Moved.TryGetValue(name, out var paths))
                foreach (var path in paths)
                    Put(upgraded, path, value);
            else if (RecipeField.Root.Any(field => field.Name == name))
                upgraded[name] = value?.DeepClone();
            else
                errors.Add(Error.Invalid(RecipeReader.UnknownField, $"{name} is no field of a recipe{(Meant(name) is { } near ? $"; did you mean {near}?" : ".")}", name));
        }

        return upgraded;
    }

    private static string? Meant(string name) => NearestName.Of(name, RecipeField.Root.Where(field => field.Kind != RecipeFieldKind.Section).Select(field => field.Name).Concat(Moved.Keys));

    private static void Put(JsonObject document, string path, JsonNode? value)
    {
        var parts = path.Split('.');
        var at = document;
        foreach (var part in parts[..^1])
            at = (at[part] ??= new JsonObject()).AsObject();
        at[parts[^1]] = value?.DeepClone();
    }
}
