using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Method.Outside;

namespace Platform.Jobs.Tests.Runs.Outside;

/// <summary>Exports and imports in a test's world.</summary>
internal static class ExportWorld
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<FineTuningRun> DraftAsync(JobsWorld world, IReadOnlyList<TaskDefinition> tasks, Recipe recipe)
    {
        var draft = await world.Get<RunPlanning>().DraftAsync(JobsWorld.Admin, new RunRequest(null, [.. tasks.Select(task => task.Id)], recipe, world.BaseModel), Cancellation);
        Assert.True(draft.IsSuccess, draft.IsSuccess ? "" : draft.Summary);
        return draft.Value;
    }

    public static async Task<ExportManifest> ExportAsync(JobsWorld world, FineTuningRun run, string folder, IReadOnlyList<int>? stages = null, bool isDraft = false)
    {
        var manifest = await TryExportAsync(world, new ExportRequest(run, isDraft, stages ?? []), folder);
        Assert.True(manifest.IsSuccess, manifest.IsSuccess ? "" : manifest.Summary);
        return manifest.Value;
    }

    public static Task<Result<ExportManifest>> TryExportAsync(JobsWorld world, ExportRequest request, string folder, Actor? actor = null) =>
        new RunExport(world.Get<ArtifactStore>(), world.Get<RunExports>(), world.Get<IOptions<PlatformOptions>>(), world.Get<TimeProvider>())
            .WriteAsync(actor ?? JobsWorld.Admin, request, folder, Cancellation);

    public static Task<Result<FineTuningRun>> ImportAsync(JobsWorld world, ImportRequest request, Actor? actor = null) =>
        new RunImport(world.Get<ArtifactStore>(), world.Get<RunExports>(), world.Get<RunPlanning>(), world.Get<IOptions<PlatformOptions>>(), world.Get<TimeProvider>())
            .ImportAsync(actor ?? JobsWorld.Admin, request, Cancellation);
}
