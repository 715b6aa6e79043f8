using Microsoft.EntityFrameworkCore;
using Platform.Domain.Datasets;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;

namespace Platform.Domain.Runs;

/// <summary>Which tasks a run has, and with which data.</summary>
internal static class RunVersions
{
    /// <returns>By the tasks' names; what is missing or not ready is in <paramref name="errors"/>.</returns>
    public static async Task<IReadOnlyList<DatasetVersion>> FindAsync(
        PlatformDbContext context, RunRequest request, List<Error> errors, CancellationToken cancellationToken)
    {
        var named = request.Recipe.Tasks ?? [];
        var tasks = request.TaskIds.Count > 0
            ? await ByIdAsync(context, request.TaskIds, errors, cancellationToken)
            : await ByNameAsync(context, named, errors, cancellationToken);
        if (tasks.Count == 0 && errors.Count == 0)
            errors.Add(RunErrors.NoTasks());
        foreach (var one in named.Where(_ => request.TaskIds.Count > 0).Where(one => tasks.TrueForAll(task => task.Name != one.Name)))
            errors.Add(RunErrors.NotChosen(one.Name));
        errors.AddRange(RecipeValidation.CheckNames(request.Recipe, [.. tasks.Select(task => task.Name)]));

        List<DatasetVersion> versions = [];
        foreach (var task in tasks.OrderBy(task => task.Name, StringComparer.Ordinal))
            if (await VersionAsync(context, task, named.FirstOrDefault(one => one.Name == task.Name), errors, cancellationToken) is { } version)
                versions.Add(version);
        return versions;
    }

    /// <summary>The recipe with its data and its base model written down.</summary>
    public static Recipe Resolve(RunRequest request, IEnumerable<DatasetVersion> versions, string configuredBaseModel) => request.Recipe with
    {
        BaseModel = BaseModelName.Of(request.BaseModel, configuredBaseModel),
        Tasks = [.. versions.Select(version => new RecipeTask { Name = version.Task!.Name, DatasetVersion = version.Number, Sha256 = version.Sha256 })],
    };

    private static async Task<List<TaskDefinition>> ByIdAsync(PlatformDbContext context, IReadOnlyList<Guid> ids, List<Error> errors, CancellationToken cancellationToken)
    {
        var found = await context.Tasks.Where(task => ids.Contains(task.Id)).ToListAsync(cancellationToken);
        errors.AddRange(ids.Distinct().Where(id => found.TrueForAll(task => task.Id != id)).Select(id => TaskErrors.Unknown(id.ToString())));
        return found;
    }

    private static async Task<List<TaskDefinition>> ByNameAsync(PlatformDbContext context, IReadOnlyList<RecipeTask> named, List<Error> errors, CancellationToken cancellationToken)
    {
        var names = named.Select(one => one.Name).ToList();
        var found = await context.Tasks.Where(task => names.Contains(task.Name)).ToListAsync(cancellationToken);
        for (var i = 0; i < names.Count; i++)
            if (found.TrueForAll(task => task.Name != names[i]))
                errors.Add(TaskErrors.Unknown(names[i]) with { Field = $"tasks[{i}].name" });
        return found;
    }

    private static async Task<DatasetVersion?> VersionAsync(
        PlatformDbContext context, TaskDefinition task, RecipeTask? wanted, List<Error> errors, CancellationToken cancellationToken)
    {
        var all = context.DatasetVersions.Where(version => version.TaskId == task.Id);
        var version = wanted?.DatasetVersion is { } number
            ? await all.SingleOrDefaultAsync(version => version.Number == number, cancellationToken)
            : await all.OrderByDescending(version => version.Number).FirstOrDefaultAsync(cancellationToken);
        var problem = task.ArchivedAt is not null ? RunErrors.Archived(task.Name)
            : version is null ? wanted?.DatasetVersion is { } missing ? RunErrors.NoSuchVersion(task.Name, missing) : RunErrors.NoData(task.Name)
            : version.Status != DatasetStatus.Ready ? RunErrors.NotReady(task.Name, version)
            : wanted?.Sha256 is { } hash && hash != version.Sha256 ? RunErrors.OtherData(task.Name, version)
            : null;
        if (problem is null)
            return version;
        errors.Add(problem);
        return null;
    }
}
