using System.Text.Json;
using Platform.Engine.Models;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>
/// The weights of a Hugging Face folder, in one file or in shards. Opening it reads the headers only and checks that they hold exactly what
/// config.json asks for; then tensors are read one by one.
/// </summary>
internal sealed class WeightFolder : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (SafetensorsFile File, StoredTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    private WeightFolder()
    {
    }

    /// <summary>Opens a folder's weights.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">What they have to fit.</param>
    /// <exception cref="InvalidDataException">A file is missing, damaged or does not fit; the message names the tensors.</exception>
    public static WeightFolder Open(string folder, ModelConfig config)
    {
        var weights = new WeightFolder();
        try
        {
            foreach (var path in Files(folder))
                weights.Add(path);
            weights.Check(folder, config);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Reads one of the config's tensors.</summary>
    /// <returns>The tensor, on the CPU in the stored type; the caller's dispose scope owns it.</returns>
    public Tensor Read(string name)
    {
        var (file, tensor) = _tensors[name];
        return file.Read(tensor);
    }

    /// <summary>Type of a tensor as the file writes it.</summary>
    public string TypeOf(string name) => _tensors[name].Tensor.Type;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private static IReadOnlyList<string> Files(string folder)
    {
        var single = Path.Combine(folder, SingleFile);
        if (File.Exists(single))
            return [single];
        var index = Path.Combine(folder, IndexFile);
        if (!File.Exists(index))
        {
            var pickled = Directory.EnumerateFiles(folder, "pytorch_model*").Any()
                ? " pytorch_model files are not supported; convert them to safetensors."
                : "";
            throw new InvalidDataException($"{folder} has no {SingleFile} and no {IndexFile}.{pickled}");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            // A shard's name is data from outside: only its last part counts, so that an index cannot point out of its folder.
            string[] names = [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => Path.GetFileName(entry.Value.GetString()!)).Distinct()];
            return names.FirstOrDefault(name => !File.Exists(Path.Combine(folder, name))) is { } missing
                ? throw new InvalidDataException($"{folder}: the shard {missing} is missing, which {IndexFile} names. Download it again.")
                : [.. names.Select(name => Path.Combine(folder, name))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentNullException)
        {
            throw new InvalidDataException($"{index}: weight_map is missing or malformed: {e.Message}", e);
        }
    }

    private void Add(string path)
    {
        var file = new SafetensorsFile(path);
        _files.Add(file);
        foreach (var tensor in file.Tensors)
        {
            if (!_tensors.TryAdd(tensor.Name, (file, tensor)))
                throw new InvalidDataException($"{path}: tensor {tensor.Name} is also in another shard.");
        }
    }

    private void Check(string folder, ModelConfig config)
    {
        // Some savers keep a shared tensor under the other of its two names.
        if (config.TiedHead && !_tensors.ContainsKey(Embedding) && _tensors.Remove(Head, out var shared))
            _tensors[Embedding] = shared;
        var expected = config.Tensors().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        List<string> problems =
        [
            .. Unexpected(expected.Keys, config),
            .. Missing(expected.Keys, config),
            .. expected.Where(e => _tensors.TryGetValue(e.Key, out var found) && !found.Tensor.Shape.SequenceEqual(e.Value))
                .Select(e => $"tensor {_tensors[e.Key].Tensor} should be [{string.Join(", ", e.Value)}] by config.json"),
            .. expected.Keys.Where(name => _tensors.TryGetValue(name, out var found) && found.Tensor.Type is not ("F32" or "F16" or "BF16" or "F64"))
                .Select(name => $"tensor {_tensors[name].Tensor} is not F32, F16 or BF16; quantised checkpoints are not supported, take the folder that this one was made from"),
        ];
        if (problems.Count > 0)
            throw new InvalidDataException($"{folder}: {string.Join("; ", problems.Take(5))}{(problems.Count > 5 ? $"; and {problems.Count - 5} more" : "")}.");
    }

    private IEnumerable<string> Unexpected(IReadOnlyCollection<string> expected, ModelConfig config)
    {
        // Tied checkpoints sometimes store the head again, and some store the rotary table.
        List<string> names = [.. _tensors.Keys.Where(name => !expected.Contains(name) && name != Head && !name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal))];
        if (names.Count > 0)
            yield return $"{names.Count} unexpected tensors, first {names[0]}{Why(names[0], config)}";
    }

    private IEnumerable<string> Missing(IReadOnlyCollection<string> expected, ModelConfig config)
    {
        List<string> names = [.. expected.Where(name => !_tensors.ContainsKey(name))];
        if (names.Count > 0)
            yield return $"{names.Count} tensors are missing, first {names[0]}{(names[0] == Head ? " (is it tied? then config.json needs tie_word_embeddings true)" : Why(names[0], config))}";
    }

    private static string Why(string name, ModelConfig config)
    {
        if (name.Contains("expert", StringComparison.Ordinal) || name.Contains("block_sparse_moe", StringComparison.Ordinal))
            return " (mixture of experts is not supported)";
        if (((string[])[".qweight", ".qzeros", ".scales", "_scale", "_scale_inv", ".absmax", ".g_idx"]).Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
            return " (quantised checkpoints are not supported)";
        return name.EndsWith(".bias", StringComparison.Ordinal) ? $" (a bias that the config of this {config.Family} model does not go with)" : "";
    }
}
