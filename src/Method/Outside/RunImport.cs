using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Users;
using Platform.Engine.Checkpoints;
using Platform.Engine.Exports;

namespace Platform.Method.Outside;

/// <param name="Folder">As it was exported.</param>
/// <param name="Model">What was trained: a Hugging Face folder, or a PEFT folder, which is merged.</param>
/// <param name="Stage">The stage that it is the result of; null for the last of the export.</param>
/// <param name="BaseModel">Folder of the base model where it is not at its old place; null otherwise.</param>
/// <param name="AdapterOf">Folder of the model that a PEFT folder was trained on; null: what the export began with.</param>
/// <param name="Name">The new run's; null for the recipe's and its number.</param>
public sealed record ImportRequest(string Folder, string Model, int? Stage = null, string? BaseModel = null, string? AdapterOf = null, string? Name = null);

/// <summary>
/// Takes back what was trained outside: a new run begins with it and does everything that follows, so that it goes through the same
/// baselines, evaluation, gate and approval as what is trained here.
/// </summary>
public sealed class RunImport(ArtifactStore store, RunExports exports, RunPlanning planning, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>Folder of the model inside the artifact.</summary>
    public const string ModelFolder = "model";

    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"];

    public async Task<Result<FineTuningRun>> ImportAsync(Actor actor, ImportRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("import a run") is { } refusal)
            return refusal;
        var path = Path.Combine(request.Folder, ExportManifest.FileName);
        if (!File.Exists(path))
            return OutsideErrors.NoManifest(request.Folder);
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
            var known = await exports.FindAsync(ExportFiles.Sha256(bytes), cancellationToken);
            if (known.IsFailure)
                return Result.Failure<FineTuningRun>(known.Errors);
            var manifest = ExportManifest.Parse(System.Text.Encoding.UTF8.GetString(bytes));
            var problems = await ExportFiles.ProblemsAsync(request.Folder, manifest, cancellationToken);
            return problems.Count == 0
                ? await ImportAsync(actor, request, manifest, known.Value, cancellationToken)
                : Result.Failure<FineTuningRun>([.. problems.Select(OutsideErrors.Tampered)]);
        }
        catch (InvalidDataException exception)
        {
            return OutsideErrors.Unusable(exception);
        }
    }

    private async Task<Result<FineTuningRun>> ImportAsync(Actor actor, ImportRequest request, ExportManifest manifest, KnownRunExport known, CancellationToken cancellationToken)
    {
        var stage = request.Stage ?? manifest.Stages[^1].Stage;
        if (manifest.Stages.All(exported => exported.Stage != stage))
            return OutsideErrors.StageNotExported(stage, string.Join(" and ", manifest.Stages.Select(exported => $"stage {exported.Stage}")));
        var baseModel = request.BaseModel ?? BaseModelName.Folder(manifest.BaseModel.Name, options.Value.BaseModelFolder);
        var hash = await BaseModelFolder.HashAsync(baseModel, cancellationToken);
        if (hash != manifest.BaseModel.Sha256)
            return OutsideErrors.OtherBase(baseModel, hash, manifest.BaseModel.Sha256);
        var parsed = Recipe.Parse(await File.ReadAllTextAsync(Path.Combine(request.Folder, ExportManifest.RecipeFile), cancellationToken));
        if (parsed.IsFailure)
            return Result.Failure<FineTuningRun>(parsed.Errors);

        // Whether the data is still there is asked before the weights are copied, and once more with the run.
        var run = new RunRequest(request.Name, [], Decided(parsed.Value, manifest), baseModel);
        var draft = await planning.DraftAsync(actor, run with { Outside = Outside(null, stage, manifest, known, actor) }, cancellationToken);
        if (draft.IsFailure)
            return draft;
        var stored = await StoreAsync(request, manifest, stage, baseModel, cancellationToken);
        return stored.IsFailure
            ? Result.Failure<FineTuningRun>(stored.Errors)
            : await planning.PlanAsync(actor, run with { Outside = Outside(stored.Value, stage, manifest, known, actor) }, cancellationToken);
    }

    private OutsideTraining Outside(StoredArtifact? stored, int stage, ExportManifest manifest, KnownRunExport known, Actor actor) => new(
        stage, stored?.Path ?? "", stored?.Sha256 ?? "", known.Record.ManifestSha256, manifest.Run?.Number, known.ExportedByName, known.ExportedAt, actor.Name, clock.GetUtcNow());

    /// <summary>The recipe with every decision of the export: nothing is measured a second time.</summary>
    private static Recipe Decided(Recipe recipe, ExportManifest manifest) => recipe with
    {
        Filter = recipe.Filter with
        {
            Strategy = FilterStrategy.None,
            Overrides = manifest.Tasks.ToDictionary(task => task.Name, task => new FilterOverride
            {
                Decision = task.Decision == TaskDecision.Isolated ? OverrideDecision.Isolated : OverrideDecision.Kept,
                Reason = Cut($"as exported{(manifest.Run is { } run ? $" from run {run.Number}" : "")}: {task.Reason}"),
            }),
        },
    };

    private static string Cut(string reason) => reason.Length <= 1000 ? reason : reason[..1000];

    private async Task<Result<StoredArtifact>> StoreAsync(ImportRequest request, ExportManifest manifest, int stage, string baseModel, CancellationToken cancellationToken)
    {
        var isAdapter = File.Exists(Path.Combine(request.Model, "adapter_config.json"));
        var model = request.Model;
        if (isAdapter)
        {
            if (request.AdapterOf is null && (stage != manifest.Stages[0].Stage || manifest.Start != manifest.BaseModel))
                return OutsideErrors.AdapterBaseMissing(stage);
            model = request.AdapterOf ?? baseModel;
        }

        ModelShape.Check(model, baseModel);
        using var staging = store.Stage(ArtifactStore.Outside);
        var target = Path.Combine(staging.Folder, ModelFolder);
        FolderExport.WriteModel(model, isAdapter ? request.Model : null, null, target, cancellationToken);

        // The rows were tokenized with the base's tokenizer, whatever the trainer has written beside its weights.
        foreach (var name in TokenizerFiles.Where(name => File.Exists(Path.Combine(baseModel, name))))
            AtomicFile.WriteText(Path.Combine(target, name), await File.ReadAllTextAsync(Path.Combine(baseModel, name), cancellationToken));
        foreach (var name in new[] { ExportManifest.FileName, ExportManifest.RecipeFile })
            AtomicFile.WriteText(Path.Combine(staging.Folder, name), await File.ReadAllTextAsync(Path.Combine(request.Folder, name), cancellationToken));
        return await staging.CommitAsync(cancellationToken);
    }
}
