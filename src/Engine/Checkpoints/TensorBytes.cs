using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>The raw memory of tensors on the CPU. TorchSharp's own view of it ends at 2 GB, which a large embedding exceeds.</summary>
internal static class TensorBytes
{
    /// <summary>A part of a contiguous CPU tensor's memory; valid as long as the tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="from">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static Span<byte> Piece(this Tensor tensor, long from, int length)
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException("The memory of a contiguous tensor on the CPU is needed.", nameof(tensor));
        if (from < 0 || length < 0 || from + length > tensor.numel() * tensor.element_size())
            throw new ArgumentOutOfRangeException(nameof(from), $"Bytes {from} to {from + length} are outside of the tensor.");
        if (length == 0)
            return [];
        using var flat = tensor.view(-1);
        // A view of whole elements that begins where asked keeps every index small.
        var size = tensor.element_size();
        using var part = flat.narrow(0, from / size, (length + size - 1) / size);
        return part.bytes[..length];
    }

    /// <summary>Writes a tensor's content.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensor">Any tensor.</param>
    public static void Write(this Stream stream, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var content = tensor.detach().cpu().contiguous();
        for (var (done, total) = (0L, content.numel() * content.element_size()); done < total;)
        {
            var piece = (int)Math.Min(total - done, 1 << 26);
            stream.Write(content.Piece(done, piece));
            done += piece;
        }
    }
}
