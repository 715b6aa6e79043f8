using Platform.Engine.Kernels;

namespace Platform.Engine.Inference;

/// <summary>Final hidden states of the tokens that a pass was asked for, and the output head over them.</summary>
/// <param name="model">The model.</param>
/// <param name="team">Who computes.</param>
internal sealed unsafe class HiddenStates(InferenceModel model, ThreadTeam team) : IDisposable
{
    private NativeBuffer<float> _states = new(0);
    private NativeBuffer<float> _logits = new(0);
    private int _stride;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Makes room.</summary>
    /// <param name="count">Rows.</param>
    /// <param name="size">C.</param>
    public void Reset(int count, int size)
    {
        (Count, _stride) = (count, size);
        Grow(ref _states, (long)count * size);
    }

    /// <summary>A row, [C].</summary>
    /// <param name="index">Below <see cref="Count"/>.</param>
    public float* Row(int index) => _states.Pointer + ((nint)index * _stride);

    /// <summary>The logit of one token, the same bits as in <see cref="Logits"/>.</summary>
    /// <param name="index">Row.</param>
    /// <param name="token">Id of the token.</param>
    public float Logit(int index, int token) => model.Head.Dot(Row(index), token);

    /// <summary>The logits of all tokens for some rows. Valid until the next call; what is written to them stays.</summary>
    /// <param name="rows">Rows that follow each other: the first, and how many.</param>
    /// <returns>For each row V values, one after the other at a distance of <see cref="LogitStride"/>.</returns>
    public float* Logits((int First, int Count) rows)
    {
        Grow(ref _logits, (long)rows.Count * LogitStride);
        model.Head.Multiply(team, Row(rows.First), _stride, rows.Count, _logits.Pointer, LogitStride);
        return _logits.Pointer;
    }

    /// <summary>Floats from one row of logits to the next.</summary>
    public int LogitStride => model.Head.PaddedOutputs;

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.Dispose();
        _logits.Dispose();
    }

    private static void Grow(ref NativeBuffer<float> buffer, long floats)
    {
        if (buffer.Length >= floats)
            return;
        buffer.Dispose();
        buffer = new NativeBuffer<float>(floats * 5 / 4);
    }
}
