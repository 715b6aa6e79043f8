using System.Security.Cryptography;
using Platform.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// One checkpoint as one file: safetensors whose last tensor is the SHA-256 of every byte before it. So a file needs no other file to be
/// verified, is replaced by a single rename, and can still be read by any program that knows the format.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>Metadata field with the name of the training.</summary>
    public const string Identity = "identity";

    private const string HashTensor = "sha256";
    private const int HashBytes = 32;

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What to store.</param>
    /// <param name="metadata">Free text beside them.</param>
    /// <exception cref="IOException">It could not be written; what was there before is untouched.</exception>
    public static void Write(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata) =>
        AtomicFile.Write(path, stream =>
        {
            using var hashing = new HashingStream(stream);
            Safetensors.Write(
                hashing,
                [
                    .. tensors.Select(t => new TensorSource(t.Name, t.Tensor.dtype, t.Tensor.shape, () => t.Tensor.alias())),
                    new TensorSource(HashTensor, ScalarType.Byte, [HashBytes], () => tensor(hashing.Hash, ScalarType.Byte)),
                ],
                metadata);
        });

    /// <summary>Why a file cannot be used, in words for a log; null when it can.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">The training that asks.</param>
    /// <param name="targets">The tensors that it must hold, no more and no fewer.</param>
    public static string? Problem(string path, string identity, IReadOnlyDictionary<string, Tensor> targets)
    {
        try
        {
            if (!IsIntact(path))
                return Damage(path);
            using var file = new SafetensorsFile(path);
            if (file.Metadata.GetValueOrDefault(Identity) is var stored && stored != identity)
                return $"it belongs to another training ({stored}, not {identity})";
            return Mismatch(file, targets);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return $"it cannot be read ({exception.Message})";
        }
    }

    /// <summary>Copies a file's tensors into the targets; call <see cref="Problem"/> first.</summary>
    /// <returns>The file's metadata.</returns>
    public static IReadOnlyDictionary<string, string> Load(string path, IReadOnlyDictionary<string, Tensor> targets)
    {
        using var noGrad = no_grad();
        using var file = new SafetensorsFile(path);
        foreach (var stored in file.Tensors.Where(stored => stored.Name != HashTensor))
        {
            using var scope = NewDisposeScope();
            targets[stored.Name].copy_(file.Read(stored));
        }

        return file.Metadata;
    }

    private static bool IsIntact(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        var left = stream.Length - HashBytes;
        while (left > 0)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
                return false;
            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        return left == 0 && stream.ReadAtLeast(buffer.AsSpan(0, HashBytes), HashBytes, throwOnEndOfStream: false) == HashBytes
            && hash.GetHashAndReset().AsSpan().SequenceEqual(buffer.AsSpan(0, HashBytes));
    }

    /// <summary>What happened to a file whose hash is wrong: the format itself notices when a part is missing.</summary>
    private static string Damage(string path)
    {
        try
        {
            using var file = new SafetensorsFile(path);
        }
        catch (InvalidDataException exception)
        {
            return $"it is truncated or damaged ({exception.Message})";
        }

        return "its content does not match its hash; the file is damaged";
    }

    private static string? Mismatch(SafetensorsFile file, IReadOnlyDictionary<string, Tensor> targets)
    {
        foreach (var (name, target) in targets)
        {
            if (file.Find(name) is not { } stored)
                return $"it has no tensor {name}, which this training needs";
            var type = Safetensors.Types.First(t => t.Value == target.dtype).Key;
            if (stored.Type != type || !stored.Shape.SequenceEqual(target.shape))
                return $"its tensor {stored} should be {type}[{string.Join(", ", target.shape)}]";
        }

        return file.Tensors.Count == targets.Count + 1 ? null : $"it holds {file.Tensors.Count - 1} tensors; this training has {targets.Count}";
    }
}
