using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>A task in a probe.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Examples">Examples of it that the probe trained on.</param>
/// <param name="Train">Rows to learn from.</param>
/// <param name="Validation">Rows to measure on.</param>
public sealed record ProbedTask(string Name, long Examples, RowGradients Train, RowGradients Validation);

/// <summary>What the probe cost. Tokens went forward and backward; those that only went forward count as a third.</summary>
/// <param name="TrainingTokens">Training of the adapter.</param>
/// <param name="AffinityTokens">Steps and measurements of affinity.</param>
/// <param name="GradientTokens">Gradients of rows.</param>
/// <param name="TrainingSeconds">Training of the adapter.</param>
/// <param name="AffinitySeconds">Steps and measurements of affinity.</param>
/// <param name="GradientSeconds">Gradients of rows.</param>
public sealed record ProbeCost(
    long TrainingTokens, long AffinityTokens, long GradientTokens, double TrainingSeconds, double AffinitySeconds, double GradientSeconds)
{
    /// <summary>All together.</summary>
    [JsonIgnore]
    public double Seconds => TrainingSeconds + AffinitySeconds + GradientSeconds;
}

/// <summary>
/// A finished probe: everything that estimates need, also of tasks that come later. As a folder it holds the adapter (PEFT's layout),
/// gradients.safetensors and probe.json.
/// </summary>
public sealed record ProbeRecord
{
    private const string DescriptionFile = "probe.json";
    private const string GradientsFile = "gradients.safetensors";
    private const string AdapterFolder = "adapter";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Names the probe: a hash of base model, data and recipe.</summary>
    public required string Identity { get; init; }

    /// <summary>Fixes the projection.</summary>
    public required long Seed { get; init; }

    /// <summary>Where rows are cut.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How large it was.</summary>
    public required FilterOptions Options { get; init; }

    /// <summary>The tasks, with the gradients of their rows.</summary>
    [JsonIgnore]
    public IReadOnlyList<ProbedTask> Tasks { get; init; } = [];

    /// <summary>Affinity at some moments of the training.</summary>
    public required IReadOnlyList<AffinityMoment> Moments { get; init; }

    /// <summary>What it cost.</summary>
    public required ProbeCost Cost { get; init; }

    /// <summary>The adapter at the end of the probe within its folder.</summary>
    /// <param name="folder">The probe's folder.</param>
    public static string Adapter(string folder) => Path.Combine(folder, AdapterFolder);

    /// <summary>Writes the record beside its adapter; the description is last, so that a folder with it is whole.</summary>
    /// <param name="folder">The probe's folder.</param>
    public void Save(string folder)
    {
        using var scope = NewDisposeScope();
        Safetensors.Write(Path.Combine(folder, GradientsFile), [.. Tasks.SelectMany((task, i) => new[]
        {
            ($"{i}.train", Matrix(task.Train)),
            ($"{i}.validation", Matrix(task.Validation)),
        })]);
        var rows = Tasks.Select(task => new StoredTask(task.Name, task.Examples, task.Train.Losses, task.Validation.Losses)).ToList();
        AtomicFile.WriteText(Path.Combine(folder, DescriptionFile), JsonSerializer.Serialize(new Stored(this, rows), Json) + "\n");
    }

    /// <summary>Reads a record.</summary>
    /// <param name="folder">The probe's folder.</param>
    /// <exception cref="InvalidDataException">The folder holds none.</exception>
    public static ProbeRecord Load(string folder)
    {
        var path = Path.Combine(folder, DescriptionFile);
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no probe in '{folder}' ({DescriptionFile} is missing).");
        var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllText(path), Json)!;
        using var file = new SafetensorsFile(Path.Combine(folder, GradientsFile));
        return stored.Probe with
        {
            Tasks = [.. stored.Tasks.Select((task, i) => new ProbedTask(
                task.Name, task.Examples, new RowGradients(task.TrainLosses, Read(file, $"{i}.train")), new RowGradients(task.ValidationLosses, Read(file, $"{i}.validation"))))],
        };
    }

    /// <summary>Copies a probe without what its trainings left beside it.</summary>
    /// <param name="folder">The probe's folder.</param>
    /// <param name="target">An empty folder.</param>
    public static void Copy(string folder, string target)
    {
        foreach (var file in Directory.GetFiles(Adapter(folder)).Concat([Path.Combine(folder, GradientsFile), Path.Combine(folder, DescriptionFile)]))
        {
            var place = Path.Combine(target, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Copy(file, place);
        }
    }

    /// <summary>The record in a folder when it is there and of this probe.</summary>
    /// <param name="folder">The probe's folder.</param>
    /// <param name="identity">Of the probe that asks.</param>
    public static ProbeRecord? Find(string folder, string identity) =>
        File.Exists(Path.Combine(folder, DescriptionFile)) && Load(folder) is { } record && record.Identity == identity ? record : null;

    private Tensor Matrix(RowGradients rows) => tensor(rows.Gradients.ToArray(), [rows.Rows, Options.ProjectionSize]);

    private static float[] Read(SafetensorsFile file, string name)
    {
        using var scope = NewDisposeScope();
        var stored = file.Find(name) ?? throw new InvalidDataException($"{GradientsFile} has no tensor {name}.");
        return file.Read(stored).data<float>().ToArray();
    }

    private sealed record StoredTask(string Name, long Examples, IReadOnlyList<double> TrainLosses, IReadOnlyList<double> ValidationLosses);

    private sealed record Stored(ProbeRecord Probe, IReadOnlyList<StoredTask> Tasks);
}
