using Platform.Domain.Results;

namespace Platform.Domain.Teams;

public static class TeamErrors
{
    public static Error Unknown(string name) => Error.NotFound("team_unknown", $"There is no team '{name}'. List the teams to find its name, or create it first.", "team");

    public static Error NotYours() => Error.Forbidden("team_not_yours", "You are not a member of this team. Ask one of its members or an admin.");

    public static Error NameInvalid(string? name) => Error.Invalid("team_name_invalid", $"The team name '{name}' must be 1 to 64 lower-case letters, digits, '-' or '_', starting with a letter or digit.", "name");

    public static Error NameTaken(string name) => Error.Conflict("team_name_taken", $"There is a team '{name}' already. Choose another name.", "name");
}
