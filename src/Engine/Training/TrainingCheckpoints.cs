using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// The resumable points of one training on the disk: the last few, each with tensors (weights and optimizer state) and a small state record,
/// and the best weights and roll-back points that they refer to.
/// </summary>
/// <remarks>
/// Files are named after a common path: <c>path.step-0000000120</c>, <c>path.best-0000000096</c> and <c>path.point-0000000096</c>. Each is written to a temporary name,
/// flushed, renamed, and verified whole by its SHA-256 before it is used. One that is truncated, altered, of another training, or whose
/// best weights are, is refused with the reason, and the one before it is used.
/// </remarks>
public sealed class TrainingCheckpoints
{
    private const string StepPart = ".step-";
    private const string BestPart = ".best-";
    private const string PointPart = ".point-";
    private const string StateField = "state";
    private const string BestField = "best";
    private const string PointsField = "points";

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
    /// <param name="points">Steps of the roll-back points (see <see cref="SavePoint"/>) that may still be wanted.</param>
    /// <exception cref="IOException">It could not be written; those before it are untouched.</exception>
    public void Save<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep = null, IReadOnlyCollection<long>? points = null)
    {
        Write(StepPath(step), tensors, state, bestStep, points ?? []);
        DeleteOld(step);
    }

    /// <summary>Stores a point to roll back to; it stays as long as a kept checkpoint names it.</summary>
    /// <typeparam name="TState">A record that System.Text.Json can write.</typeparam>
    /// <param name="step">Updates made.</param>
    /// <param name="tensors">All tensors.</param>
    /// <param name="state">Everything else that going on needs.</param>
    /// <param name="bestStep">Step of the best weights so far, or null when there are none.</param>
    /// <exception cref="IOException">It could not be written; those before it are untouched.</exception>
    public void SavePoint<TState>(long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep) =>
        Write(PointPath(step), tensors, state, bestStep, []);

    /// <summary>Copies a roll-back point into the given tensors.</summary>
    /// <typeparam name="TState">The record that was stored.</typeparam>
    /// <param name="step">The step given to <see cref="SavePoint"/>.</param>
    /// <param name="tensors">Tensors to overwrite; untouched when the point cannot be used.</param>
    /// <param name="weights">Those of them that <see cref="SaveBest"/> stores.</param>
    /// <param name="problem">Why it cannot be used.</param>
    /// <returns>The stored state, or null.</returns>
    public TState? LoadPoint<TState>(
        long step, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyList<(string Name, Tensor Tensor)> weights, out string? problem)
        where TState : class
    {
        var targets = tensors.ToDictionary(t => t.Name, t => t.Tensor);
        var path = PointPath(step);
        problem = CheckpointFile.Problem(path, _identity, targets) ?? BestProblem(path, weights.ToDictionary(t => t.Name, t => t.Tensor));
        return problem is null ? JsonSerializer.Deserialize<TState>(CheckpointFile.Load(path, targets)[StateField], Json)! : null;
    }

    private void Write<TState>(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TState state, long? bestStep, IReadOnlyCollection<long> points)
    {
        var metadata = new Dictionary<string, string>
        {
            [CheckpointFile.Identity] = _identity,
            [StateField] = JsonSerializer.Serialize(state, Json),
        };
        if (bestStep is { } best)
            metadata[BestField] = best.ToString(CultureInfo.InvariantCulture);
        if (points.Count > 0)
            metadata[PointsField] = string.Join(',', points.Order().Select(point => point.ToString(CultureInfo.InvariantCulture)));
        CheckpointFile.Write(path, tensors, metadata);
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
        foreach (var file in Files(path, StepPart).Concat(Files(path, BestPart)).Concat(Files(path, PointPart)))
            File.Delete(file);
    }

    private static string[] Files(string path, string part)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Directory.Exists(folder) ? Directory.GetFiles(folder, Path.GetFileName(path) + part + new string('?', 10)) : [];
    }

    private string StepPath(long step) => $"{_path}{StepPart}{step:D10}";

    private string PointPath(long step) => $"{_path}{PointPart}{step:D10}";

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
        // A later step was refused or rolled back: this training has not come that far.
        var kept = Steps(StepPart).Where(step => step <= newest).Take(_keep).ToHashSet();
        foreach (var step in Steps(StepPart).Where(step => !kept.Contains(step)))
            File.Delete(StepPath(step));

        var points = kept.SelectMany(step => References(StepPath(step), PointsField)).ToHashSet();
        foreach (var point in Steps(PointPart).Where(point => !points.Contains(point)))
            File.Delete(PointPath(point));
        var best = kept.Select(StepPath).Concat(Steps(PointPart).Select(PointPath)).SelectMany(path => References(path, BestField)).ToHashSet();
        foreach (var step in Steps(BestPart).Where(step => !best.Contains(step)))
            File.Delete(BestPath(step));
    }

    /// <summary>Steps that a file names; none when it cannot be read.</summary>
    private static IEnumerable<long> References(string path, string field)
    {
        try
        {
            return Safetensors.ReadMetadata(path).TryGetValue(field, out var steps) ? [.. steps.Split(',').Select(step => long.Parse(step, CultureInfo.InvariantCulture))] : [];
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
