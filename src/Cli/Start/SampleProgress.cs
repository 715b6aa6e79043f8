using System.Text.Json;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <summary>How far the first start came, kept in the data folder: the next start goes on there and repeats nothing.</summary>
internal sealed record SampleProgress
{
    private const string FileName = "first-start.json";

    public int? Run { get; init; }

    public int? Deployment { get; init; }

    /// <summary>The samples are trained, deployed and called, or somebody decided against it.</summary>
    public bool Done { get; init; }

    /// <summary>Null when no start has begun with the samples.</summary>
    public static SampleProgress? Read(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<SampleProgress>(File.ReadAllText(path), JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            throw new CommandFailure($"'{path}' is damaged. Delete it: the samples then stay as they are.");
        }
    }

    /// <summary>Under a temporary name first: a crash leaves the old state or the new one.</summary>
    public void Write(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        File.WriteAllText(path + ".partial", JsonSerializer.Serialize(this, JsonSerializerOptions.Web));
        File.Move(path + ".partial", path, overwrite: true);
    }
}
