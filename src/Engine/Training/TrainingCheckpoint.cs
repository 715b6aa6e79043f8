using System.Security.Cryptography;
using System.Text.Json;
using Platform.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>A resumable point of a training: tensors (weights and optimizer state) and a small state record, in one file.</summary>
/// <remarks>
/// Written to a temporary name, flushed and renamed, with its SHA-256 beside it; the one before is kept as <c>.previous</c>. A
/// file that is truncated, altered or of another training is refused, and the previous one is used.
/// </remarks>
public static class TrainingCheckpoint
{
    private const string StateKey = "state";
    private const string IdentityKey = "identity";

    /// <summary>Stores a checkpoint.</summary>
    /// <typeparam name="TState">A record that System.Text.Json can write.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="identity">Names the training (a hash of recipe and data); only the same identity may resume.</param>
    /// <param name="tensors">All tensors.</param>
    /// <param name="state">Everything else that resuming needs.</param>
    public static void Save<TState>(string path, string identity, IEnumerable<(string Name, Tensor Tensor)> tensors, TState state)
    {
        var next = path + ".next";
        Safetensors.Write(next, [.. tensors], new Dictionary<string, string>
        {
            [IdentityKey] = identity,
            [StateKey] = JsonSerializer.Serialize(state),
        });
        AtomicFile.WriteText(HashPath(next), Hash(next));
        if (File.Exists(path))
        {
            File.Move(HashPath(path), HashPath(path + ".previous"), overwrite: true);
            File.Move(path, path + ".previous", overwrite: true);
        }

        File.Move(HashPath(next), HashPath(path), overwrite: true);
        File.Move(next, path, overwrite: true);
    }

    /// <summary>Restores the newest usable checkpoint into the given tensors.</summary>
    /// <typeparam name="TState">The record that was stored.</typeparam>
    /// <param name="path">The file given to <see cref="Save"/>.</param>
    /// <param name="identity">The training that asks.</param>
    /// <param name="tensors">Tensors to overwrite, by name.</param>
    /// <param name="refused">Called with the reason for each file that was not used.</param>
    /// <returns>The stored state, or null when there is nothing to resume from.</returns>
    public static TState? Restore<TState>(string path, string identity, IEnumerable<(string Name, Tensor Tensor)> tensors, Action<string> refused)
        where TState : class
    {
        var targets = tensors.ToDictionary(t => t.Name, t => t.Tensor);
        // A crash between the renames of Save can leave a complete ".next".
        foreach (var candidate in new[] { path, path + ".next", path + ".previous" })
        {
            if (!File.Exists(candidate))
                continue;
            if (Problem(candidate, identity) is { } problem)
                refused($"{candidate}: {problem}");
            else
                return Load<TState>(candidate, targets);
        }

        return null;
    }

    /// <summary>Deletes a checkpoint, its predecessor and the best weights beside it.</summary>
    /// <param name="path">The file given to <see cref="Save"/>.</param>
    public static void Delete(string path)
    {
        foreach (var file in new[] { path, path + ".next", path + ".previous", path + ".best" })
        {
            File.Delete(file);
            File.Delete(HashPath(file));
        }
    }

    private static TState Load<TState>(string path, Dictionary<string, Tensor> targets)
        where TState : class
    {
        using var noGrad = no_grad();
        var loaded = 0;
        Safetensors.Read(path, (name, stored) =>
        {
            if (!targets.TryGetValue(name, out var target) || !target.shape.SequenceEqual(stored.shape))
                throw new InvalidDataException($"{path}: tensor {name} does not belong to this training.");
            target.copy_(stored);
            loaded++;
        });
        if (loaded != targets.Count)
            throw new InvalidDataException($"{path}: holds {loaded} of {targets.Count} tensors.");
        return JsonSerializer.Deserialize<TState>(Safetensors.ReadMetadata(path)[StateKey])!;
    }

    private static string? Problem(string path, string identity)
    {
        if (!File.Exists(HashPath(path)))
            return "its hash file is missing";
        if (File.ReadAllText(HashPath(path)) != Hash(path))
            return "its content does not match its hash; the file is damaged";
        var stored = Safetensors.ReadMetadata(path)[IdentityKey];
        return stored == identity ? null : $"it belongs to another training ({stored}, not {identity})";
    }

    private static string HashPath(string path) => path + ".sha256";

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
