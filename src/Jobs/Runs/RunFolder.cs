namespace Platform.Jobs.Runs;

/// <summary>Where a run keeps what it needs to go on: checkpoints, weights between the stages, evaluations. Gone once the run is over.</summary>
internal sealed class RunFolder(string dataFolder, Guid runId)
{
    public const string ResultFile = "result.json";

    public string Root { get; } = Path.Combine(dataFolder, "work", "runs", runId.ToString("N"));

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

    public void Delete()
    {
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
    }
}
