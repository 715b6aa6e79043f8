using System.Text.Json;
using Platform.Cli.Terminal;

namespace Platform.Cli.Bundles;

/// <summary>A folder with workspace.json: teams and the bundles that each of them owns.</summary>
internal sealed record WorkspaceFile(string Name, IReadOnlyList<WorkspaceTeam> Teams)
{
    public const string FileName = "workspace.json";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    public static WorkspaceFile Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var workspace = JsonSerializer.Deserialize<WorkspaceFile>(File.ReadAllText(path), Json);
            if (workspace?.Teams is null || workspace.Teams.Any(team => team?.Name is null || team.Bundles is null))
                throw new CommandFailure($"{path}: there must be a field 'teams', a list of objects with 'name' and 'bundles'. Mend the file.");
            return workspace;
        }
        catch (JsonException exception)
        {
            throw new CommandFailure($"{path}, line {exception.LineNumber + 1}: this is not valid JSON for a workspace (field {exception.Path}). Mend the file.");
        }
    }
}

internal sealed record WorkspaceTeam(string Name, string? DisplayName, IReadOnlyList<string> Bundles);
