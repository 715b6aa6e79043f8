using Platform.Domain.Results;

namespace Platform.Domain.Tasks;

public static class TaskErrors
{
    public static Error Unknown(string name) => Error.NotFound("task_unknown", $"There is no task '{name}' that you may see. List the tasks to find its name.", "task");

    public static Error NameTaken(string name) => Error.Conflict("task_name_taken", $"The name '{name}' is taken; task names are unique over all teams. Choose another.", "name");

    public static Error NotYours(string name) => Error.Forbidden("task_not_yours", $"The task '{name}' belongs to another team. Ask one of its members or an admin.");
}
