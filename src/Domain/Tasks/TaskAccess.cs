using Platform.Domain.Users;

namespace Platform.Domain.Tasks;

/// <summary>Members see and change their teams' tasks, admins all.</summary>
public static class TaskAccess
{
    public static IQueryable<TaskDefinition> VisibleTo(this IQueryable<TaskDefinition> tasks, Actor actor)
    {
        if (actor.IsAdmin)
            return tasks;
        var teams = actor.TeamIds.ToList();
        return tasks.Where(task => teams.Contains(task.TeamId));
    }

    public static bool MaySee(this Actor actor, TaskDefinition task) => actor.MayActFor(task.TeamId);

    public static bool MayChange(this Actor actor, TaskDefinition task) => actor.MayActFor(task.TeamId);
}
