using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// The resumable points of one training on the disk: the last few, each with tensors (weights and optimizer state) and a small state record,
/// and the best weights that they refer to.
/// </summary>
/// <remarks>
/// Files are named after a common path: <c>path.step-0000000120</c> and <c>path.best-0000000096</c>. Each is written to a temporary name,
/// flushed, renamed, and verified whole by its SHA-256 before it is used. One that is truncated, altered, of another training, or whose
/// best weights are, is refused with the reason, and the one before it is used.
/// </remarks>
public sealed class TrainingCheckpoints
{
    private const string StepPart = ".step-";
    private const string BestPart = ".best-";
    private const string StateField = "state";
    private const string BestField = "best";

    // A loss may be no number; that must not keep a checkpoint from being stored.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly string _path;
    private readonly string _identity;
    private readonly int _keep;

    /// <summary>Opens the checkpoints of a training; nothing is read yet.</summary>
    /// <param name="path">What the names of all its files begin with; no other process may be writing them.</param>
    /// <param name="identity">Names the training (a hash of base model, data and recipe); only the same identity may resume.</param>
    /// <param name="keep">How many of the last checkpoints are kept, at least 1.</param>
    public TrainingCheckpoints(string path, string identity, int keep = 2)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        (_path, _identity, _keep) = (path, identity, keep);
    }

    /// <summary>Stores a checkpoint and deletes those that are no longer kept.</summary>
    /// <typeparam name="TState">A record that System.Text.Json can write.</typeparam>
    /// <param name="step">Updates made; the file of the same step is replaced.</param>
    /// <param name="tensors">All tensors.</param>
    /// <param name="state">Everything else that resuming needs.</param>
    /// <param name="bestStep">Step of the best weights so far (see <see cref="SaveBest"/>), or null when there are none.</param>
    /// <exception cref="IOException">It could not be written; those before it are untouched.</exception>
    public void Save<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep = null)
    {
        var metadata = new Dictionary<string, string>
        {
            [CheckpointFile.Identity] = _identity,
            [StateField] = JsonSerializer.Serialize(state, Json),
        };
        if (bestStep is { } best)
            metadata[BestField] = best.ToString(CultureInfo.InvariantCulture);
        CheckpointFile.Write(StepPath(step), tensors, metadata);
        DeleteOld(step);
    }

    /// <summary>Stores the best weights so far; those before stay as long as a kept checkpoint refers to them.</summary>
    /// <param name="step">Updates made.</param>
    /// <param name="weights">The trained weights.</param>
    /// <exception cref="IOException">They could not be written; those before are untouched.</exception>
    public void SaveBest(long step, IReadOnlyList<(string Name, Tensor Tensor)> weights) =>
        CheckpointFile.Write(BestPath(step), weights, new Dictionary<string, string> { [CheckpointFile.Identity] = _identity });

    /// <summary>Copies the newest usable checkpoint into the given tensors.</summary>
    /// <typeparam name="TState">The record that was stored.</typeparam>
    /// <param name="tensors">Tensors to overwrite; untouched when there is nothing to resume from.</param>
    /// <param name="weights">Those of them that <see cref="SaveBest"/> stores.</param>
    /// <param name="refused">Called with a sentence for each file that was not used.</param>
    /// <returns>The stored state, or null when there is nothing to resume from.</returns>
    public TState? Restore<TState>(
        IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyList<(string Name, Tensor Tensor)> weights, Action<string> refused)
        where TState : class
    {
        ArgumentNullException.ThrowIfNull(refused);
        AtomicFile.DeleteLeftovers(_path + ".");
        var targets = tensors.ToDictionary(t => t.Name, t => t.Tensor);
        var best = weights.ToDictionary(t => t.Name, t => t.Tensor);
        var stored = Steps(StepPart);
        foreach (var step in stored)
        {
            var path = StepPath(step);
            if ((CheckpointFile.Problem(path, _identity, targets) ?? BestProblem(path, best)) is { } problem)
                refused($"Checkpoint not used: {path}: {problem}.");
            else
                return JsonSerializer.Deserialize<TState>(CheckpointFile.Load(path, targets)[StateField], Json)!;
        }

        if (stored.Count > 0)
            refused("No checkpoint can be used; the training starts from the beginning.");
        return null;
    }

    /// <summary>Copies best weights into the given tensors.</summary>
    /// <param name="step">The step given to <see cref="SaveBest"/>.</param>
    /// <param name="weights">Tensors to overwrite.</param>
    /// <exception cref="InvalidDataException">The file is missing or damaged; the message says how.</exception>
    public void LoadBest(long step, IReadOnlyList<(string Name, Tensor Tensor)> weights)
    {
        var targets = weights.ToDictionary(t => t.Name, t => t.Tensor);
        var path = BestPath(step);
        if (CheckpointFile.Problem(path, _identity, targets) is { } problem)
            throw new InvalidDataException($"The best weights cannot be used: {path}: {problem}. Try again: the training goes on from a checkpoint before them.");
        CheckpointFile.Load(path, targets);
    }

    /// <summary>Deletes everything that belongs to a training's checkpoints.</summary>
    /// <param name="path">The path given to the constructor.</param>
    public static void Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.DeleteLeftovers(path + ".");
        foreach (var file in Files(path, StepPart).Concat(Files(path, BestPart)))
            File.Delete(file);
    }

    private static string[] Files(string path, string part)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(path) + part + new string('?', 10)) : [];
    }

    private string StepPath(long step) => $"{_path}{StepPart}{step:D10}";

    private string BestPath(long step) => $"{_path}{BestPart}{step:D10}";

    /// <summary>Newest first.</summary>
    private List<long> Steps(string part) =>
        [.. Files(_path, part).Select(file => long.TryParse(file[^10..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1).Where(step => step >= 0).OrderDescending()];

    private string? BestProblem(string path, Dictionary<string, Tensor> weights)
    {
        if (!Safetensors.ReadMetadata(path).TryGetValue(BestField, out var text))
            return null;
        var best = BestPath(long.Parse(text, CultureInfo.InvariantCulture));
        return CheckpointFile.Problem(best, _identity, weights) is { } problem ? $"its best weights cannot be used ({best}: {problem})" : null;
    }

    private void DeleteOld(long newest)
    {
        // A later step can only be one that was refused: this training has not come that far.
        var kept = Steps(StepPart).Where(step => step <= newest).Take(_keep).ToHashSet();
        foreach (var step in Steps(StepPart).Where(step => !kept.Contains(step)))
            File.Delete(StepPath(step));

        // The oldest kept checkpoint refers to the newest best weights that are not after it.
        var needed = Steps(BestPart).FirstOrDefault(step => step <= kept.Min(), -1);
        foreach (var step in Steps(BestPart).Where(step => step < needed || step > newest))
            File.Delete(BestPath(step));
    }
}
