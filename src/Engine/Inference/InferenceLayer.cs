using Platform.Engine.Kernels;

namespace Platform.Engine.Inference;

/// <summary>Some linear maps of the same input, packed as one matrix.</summary>
/// <param name="Matrix">Their weights, one map's outputs after the other's.</param>
/// <param name="Parts">Name of each map in the checkpoint, and its first output.</param>
internal sealed record JoinedProjection(PackedMatrix Matrix, IReadOnlyList<(string Name, int First)> Parts) : IDisposable
{
    public void Dispose() => Matrix.Dispose();
}

/// <summary>The packed weights of one decoder layer.</summary>
/// <param name="AttentionNorm">[C].</param>
/// <param name="QueryKeyValue">Queries, keys and values.</param>
/// <param name="QueryNorm">[D], or null (qwen3 only).</param>
/// <param name="KeyNorm">[D], or null (qwen3 only).</param>
/// <param name="Output">Output projection of the attention.</param>
/// <param name="FeedForwardNorm">[C].</param>
/// <param name="GateUp">Gate and up.</param>
/// <param name="Down">Down.</param>
internal sealed record InferenceLayer(
    NativeBuffer<float> AttentionNorm,
    JoinedProjection QueryKeyValue,
    NativeBuffer<float>? QueryNorm,
    NativeBuffer<float>? KeyNorm,
    JoinedProjection Output,
    NativeBuffer<float> FeedForwardNorm,
    JoinedProjection GateUp,
    JoinedProjection Down) : IDisposable
{
    /// <summary>Bytes in memory.</summary>
    public long SizeBytes =>
        QueryKeyValue.Matrix.SizeBytes + Output.Matrix.SizeBytes + GateUp.Matrix.SizeBytes + Down.Matrix.SizeBytes
        + AttentionNorm.SizeBytes + FeedForwardNorm.SizeBytes + (QueryNorm?.SizeBytes ?? 0) + (KeyNorm?.SizeBytes ?? 0);

    public void Dispose()
    {
        foreach (var part in new IDisposable?[] { AttentionNorm, QueryKeyValue, QueryNorm, KeyNorm, Output, FeedForwardNorm, GateUp, Down })
            part?.Dispose();
    }
}
