using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Tasks;

/// <summary>A field of a task's definition that somebody changed.</summary>
/// <param name="Field">Its name in camel case, such as <c>maxOutputTokens</c>.</param>
/// <param name="Before">As text; null where it was not set. Lists have a comma between their entries.</param>
/// <param name="After">Likewise.</param>
public sealed record DefinitionChange(string Field, string? Before, string? After);

/// <summary>What a task said of itself from one change to the next.</summary>
/// <param name="Number">From 1, which is as it was registered.</param>
/// <param name="Changes">What differs from the version before; none in the first.</param>
/// <param name="Definition">The whole of it.</param>
public sealed record DefinitionVersion(int Number, DateTimeOffset At, string By, string? Reason, IReadOnlyList<DefinitionChange> Changes, TaskDraft Definition);

/// <summary>All versions of a task's definition, out of the audit log, in which nothing is ever changed.</summary>
public sealed class DefinitionHistory(IDbContextFactory<PlatformDbContext> contexts)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly string[] Actions = ["task.registered", "task.edited", "task.labels_changed"];
    private static readonly string[] Fields = ["kind", "instruction", "labels", "metric", "tolerance", "maxOutputTokens", "abstainBelow", "latencyClass"];

    // Its entry says more, under names that mean something else in a definition.
    private static readonly string[] LabelFields = ["labels", "metric"];

    /// <returns>Newest first; or that there is no such task for this user.</returns>
    public async Task<Result<IReadOnlyList<DefinitionVersion>>> ListAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.AsNoTracking().SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MaySee(task))
            return TaskErrors.Unknown(taskId.ToString());
        var id = taskId.ToString();
        var entries = await context.AuditEntries.AsNoTracking()
            .Where(entry => entry.EntityType == nameof(TaskDefinition) && entry.EntityId == id && Actions.Contains(entry.Action))
            .OrderBy(entry => entry.Id).ToListAsync(cancellationToken);

        List<DefinitionVersion> versions = [];
        var definition = new JsonObject();
        foreach (var entry in entries)
        {
            if (entry.AfterJson is null || JsonNode.Parse(entry.AfterJson) is not JsonObject after)
                continue;
            var fields = entry.Action == "task.labels_changed" ? LabelFields : Fields;
            List<DefinitionChange> changes = [];
            foreach (var field in fields.Where(after.ContainsKey))
            {
                var (old, now) = (Text(definition[field]), Text(after[field]));
                if (old != now)
                    changes.Add(new DefinitionChange(field, old, now));
                definition[field] = after[field]?.DeepClone();
            }

            // Fields of a bundle that the platform does not know may change alone.
            if (versions.Count == 0 || changes.Count > 0)
                versions.Add(new DefinitionVersion(
                    versions.Count + 1, entry.At, entry.ActorName, entry.Reason, versions.Count == 0 ? [] : changes, definition.Deserialize<TaskDraft>(Json)! with { Name = task.Name }));
        }

        versions.Reverse();
        return versions;
    }

    private static string? Text(JsonNode? value) => value switch
    {
        null => null,
        JsonArray list => string.Join(", ", list.Select(entry => entry?.ToString())),
        _ => value.ToString(),
    };
}
