using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Runs;

namespace Platform.Domain.Costs;

/// <summary>
/// What runs cost, and whose it is: a step for one task is that task's; a stage is shared by the tokens that each task put into it, an
/// evaluation by the device time that each task's rows took. A step that says neither is shared by the tasks' training rows.
/// </summary>
internal static class TrainingCosts
{
    /// <returns>What the steps that ended in the span cost, by currency.</returns>
    public static async Task<Dictionary<string, long>> AddAsync(
        PlatformDbContext context, CostSheet sheet, RateHistory rates, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A run cannot have ended before it was asked for, and what still goes on is booked on the day that is running.
        var runs = await context.Runs.AsNoTracking().AsSplitQuery().Include(run => run.Steps).Include(run => run.Tasks).ThenInclude(task => task.Task)
            .Where(run => run.CreatedAt < to && (run.EndedAt == null || run.EndedAt >= from) && run.Steps.Any(step => step.DeviceMicroseconds > 0)).ToListAsync(cancellationToken);
        var totals = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var run in runs)
            foreach (var step in run.Steps.Where(step => step.DeviceMicroseconds > 0))
            {
                var at = step.EndedAt ?? run.EndedAt ?? now;
                if (at < from || at >= to)
                    continue;
                var cost = Money.OfDeviceTime(step.DeviceMicroseconds, rates.InForceAt(at));
                sheet.Share(cost, DateOnly.FromDateTime(at.UtcDateTime), Weights(run, step), share => CostParts.None with { TrainingNano = share });
                totals[cost.Currency] = totals.GetValueOrDefault(cost.Currency) + cost.Nano;
            }

        return totals;
    }

    private static List<(Guid Task, long Weight)> Weights(FineTuningRun run, RunStep step)
    {
        if (step.TaskId is { } only)
            return [(only, 1)];
        if (step.ResultJson is { } json)
        {
            using var result = JsonDocument.Parse(json);
            if (ByTokens(run, result.RootElement) is { Count: > 0 } tokens)
                return tokens;
            if (ByEvaluation(result.RootElement) is { Count: > 0 } evaluated)
                return evaluated;
        }

        return [.. run.Tasks.OrderBy(task => task.TaskId).Select(task => (task.TaskId, task.TrainRows))];
    }

    private static List<(Guid Task, long Weight)> ByTokens(FineTuningRun run, JsonElement result)
    {
        if (!TryGet(result, "tokensByTask", JsonValueKind.Object, out var tokens))
            return [];
        var ids = run.Tasks.Where(task => task.Task is not null).ToDictionary(task => task.Task!.Name, task => task.TaskId, StringComparer.Ordinal);
        return [.. tokens.EnumerateObject().Where(entry => ids.ContainsKey(entry.Name) && entry.Value.GetInt64() > 0)
            .Select(entry => (ids[entry.Name], entry.Value.GetInt64())).OrderBy(entry => entry.Item1)];
    }

    private static List<(Guid Task, long Weight)> ByEvaluation(JsonElement result) => TryGet(result, "tasks", JsonValueKind.Array, out var tasks)
        ? [.. tasks.EnumerateArray()
            .Where(task => TryGet(task, "taskId", JsonValueKind.String, out _) && TryGet(task, "deviceMicroseconds", JsonValueKind.Number, out var time) && time.GetInt64() > 0)
            .Select(task => (task.GetProperty("taskId").GetGuid(), task.GetProperty("deviceMicroseconds").GetInt64())).OrderBy(entry => entry.Item1)]
        : [];

    private static bool TryGet(JsonElement element, string name, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind == kind;
    }
}
