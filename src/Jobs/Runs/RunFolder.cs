using System.Globalization;
using Platform.Domain.Claims;

namespace Platform.Jobs.Runs;

/// <summary>
/// Where a run keeps what it needs to go on: checkpoints, weights between the stages, evaluations. Gone once the run is over. Its name
/// bears the claim's fence: whoever takes the run over renames it, so that a host that was taken for dead and comes back finds nothing
/// at the place where it goes on writing.
/// </summary>
internal sealed class RunFolder
{
    public const string ResultFile = "result.json";

    private readonly string runs;
    private readonly string name;
    private readonly long fence;

    public RunFolder(string dataFolder, Claim claim)
    {
        runs = Path.Combine(dataFolder, "work", "runs");
        name = claim.EntityId.ToString("N");
        fence = claim.Fence;
        Root = PlaceOf(fence);
    }

    public string Root { get; }

    public string Probe => Path.Combine(Root, "probe");

    /// <param name="stage">0, 2 or 3.</param>
    public string StageModel(int stage) => Path.Combine(Root, $"stage{stage}", "model");

    public string StageCheckpoint(int stage) => Path.Combine(Root, $"stage{stage}", "checkpoint.safetensors");

    public string BaselineCheckpoint(string task) => Path.Combine(Root, "baselines", task, "checkpoint.safetensors");

    public string AdapterModel(string task) => Path.Combine(Root, "adapters", task, "model");

    public string AdapterCheckpoint(string task) => Path.Combine(Root, "adapters", task, "checkpoint.safetensors");

    public string Evaluation(string task) => Path.Combine(Root, "evaluations", task);

    /// <summary>Fills a folder beside its place and renames it: it is there whole, or not at all.</summary>
    public static void Write(string folder, Action<string> fill)
    {
        var partial = folder + ".partial";
        if (Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        fill(partial);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.Move(partial, folder);
    }

    /// <summary>With everything that belongs to it (those before, best weights), once the result is stored elsewhere.</summary>
    public static void DeleteCheckpoint(string checkpoint)
    {
        var folder = Path.GetDirectoryName(checkpoint)!;
        if (Directory.Exists(folder))
            foreach (var file in Directory.GetFiles(folder, Path.GetFileName(checkpoint) + "*"))
                File.Delete(file);
    }

    /// <summary>Makes what the holder before left this claim's own. One rename: the other sees all of it, or nothing any more.</summary>
    public void TakeOver()
    {
        if (Earlier().OrderByDescending(earlier => earlier.Fence).Select(earlier => earlier.Place).FirstOrDefault() is not { } newest)
            return;
        Directory.Move(newest, Root);

        // A file that the other still holds open, half written, must not be the one that is written to next.
        foreach (var leftover in Directory.GetFiles(Root, "*.tmp", SearchOption.AllDirectories))
            File.Delete(leftover);
    }

    public void Delete()
    {
        foreach (var place in Earlier().Select(earlier => earlier.Place).Append(Root))
            if (Directory.Exists(place))
                Directory.Delete(place, recursive: true);
    }

    private string PlaceOf(long holder) => Path.Combine(runs, string.Create(CultureInfo.InvariantCulture, $"{name}-{holder}"));

    private IEnumerable<(long Fence, string Place)> Earlier()
    {
        if (!Directory.Exists(runs))
            return [];
        return Directory.GetDirectories(runs, name + "-*")
            .Select(place => (Fence: long.TryParse(Path.GetFileName(place)[(name.Length + 1)..], CultureInfo.InvariantCulture, out var holder) ? holder : long.MaxValue, Place: place))
            .Where(earlier => earlier.Fence < fence);
    }
}
