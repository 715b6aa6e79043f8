using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;

namespace Platform.Method.Outside;

/// <summary>What keeps a run from being exported or imported, with the mend.</summary>
public static class OutsideErrors
{
    public static Error FolderNotEmpty(string folder) => Error.Conflict(
        "export_folder_not_empty", $"'{folder}' exists and is not an empty folder. Name another one, or remove it.", "folder");

    public static Error Undecided(int? run, FilterStrategy strategy, IReadOnlyList<string> tasks) => Error.Conflict(
        "export_undecided",
        $"Which tasks share the mixture is not decided: the recipe's filter '{char.ToLowerInvariant(strategy.ToString()[0])}{strategy.ToString()[1..]}' has to measure {string.Join(", ", tasks)} first. "
            + (run is { } number
                ? $"Let run {number} finish stage 1 and export it then, decide by 'platform runs override {number} TASK', or export its recipe with --filter none or --filter rules."
                : "Plan a run with this recipe and export that once its stage 1 is done, or export with --filter none or --filter rules."),
        "filter");

    public static Error Stage0() => Error.Conflict(
        "export_stage0", "The recipe trains on the tasks' own texts first (stage0.tokens), which is not exported. Set stage0.tokens to 0, or train such a base first and name it by --base.", "stage0.tokens");

    public static Error EmptyStage(int stage) => Error.Conflict(
        "export_stage_empty", $"Stage {stage} shows no examples with this recipe and these tasks, so there is nothing to export. Leave it out of --stage, or raise the recipe's examplesBudget or stage2.share.", "stage");

    public static Error StartMissing() => Error.Conflict(
        "export_start_missing", "Stage 3 begins with what stage 2 leaves. Name that model's folder by --from, export both stages (--stage all), or set the recipe's stage2.share to 0.", "from");

    public static Error StartNotAsked(int stage) => Error.Invalid(
        "export_start_not_asked", $"Stage {stage} of this export begins with the base model; --from is for a stage 3 whose stage 2 was done before. Leave --from out, or export --stage 3.", "from");

    public static Error OtherBase(string folder, string hash, string wanted) => Error.Conflict(
        "export_other_base", $"The base model in '{folder}' has the hash {hash}, not {wanted}. Bring that one back, or name its folder by --base.", "base");

    public static Error StageNotExported(int stage, string exported) => Error.Invalid(
        "import_stage_not_exported", $"The folder has no stage {stage}; it was exported with {exported}. Name one of these by --stage.", "stage");

    public static Error AdapterBaseMissing(int stage) => Error.Invalid(
        "import_adapter_base_missing", $"The result is an adapter of stage {stage}, which began with another model than the base. Name the folder of the model that it was trained on by --adapter-of, or merge it first (merge.py).", "adapter-of");

    public static Error Tampered(string problem) => Error.Conflict("import_changed", problem, "folder");

    public static Error NoManifest(string folder) => Error.NotFound(
        "import_no_manifest", $"'{folder}' has no {ExportManifest.FileName}. Name the folder that 'platform export-run' wrote.", "folder");

    public static Error Unusable(InvalidDataException exception) => Error.Invalid("outside_unusable", exception.Message);
}
