using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Domain.Tasks.Labels;

/// <summary>Writes a task's label sets down in the caller's context, so that they commit together with the change.</summary>
internal static class LabelHistory
{
    /// <summary>The task's set before a change; the first change writes down what was before it.</summary>
    public static async Task<LabelSet> CurrentAsync(PlatformDbContext context, TaskDefinition task, CancellationToken cancellationToken)
    {
        var newest = await context.LabelSets.Where(set => set.TaskId == task.Id).OrderByDescending(set => set.Number).FirstOrDefaultAsync(cancellationToken);
        if (newest is not null)
            return newest;
        var first = new LabelSet { TaskId = task.Id, Number = 1, Labels = task.Labels, CreatedByName = "registration", CreatedAt = task.CreatedAt };
        context.LabelSets.Add(first);
        return first;
    }

    public static LabelSet Add(PlatformDbContext context, TaskDefinition task, LabelSet before, LabelChange change, Actor actor, string? reason, DateTimeOffset at)
    {
        var next = new LabelSet { TaskId = task.Id, Number = before.Number + 1, Labels = task.Labels, Changes = [change], CreatedByName = actor.Name, CreatedAt = at, Reason = reason };
        context.LabelSets.Add(next);
        return next;
    }
}
