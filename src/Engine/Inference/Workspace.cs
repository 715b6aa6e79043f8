using Platform.Engine.Kernels;

namespace Platform.Engine.Inference;

/// <summary>The activations of a batch in one piece of memory.</summary>
internal sealed unsafe class Workspace(long floats, long low) : IDisposable
{
    private readonly NativeBuffer<float> _memory = new(floats);
    private NativeBuffer<float> _low = new(low);

    public long Floats => _memory.Length;

    public long SizeBytes => _memory.SizeBytes + _low.SizeBytes;

    public float* Hidden { get; private set; }

    public float* Normed { get; private set; }

    public float* Mixed { get; private set; }

    public float* Projected { get; private set; }

    public float* Gate { get; private set; }

    public float* Queries { get; private set; }

    public float* Low => _low.Pointer;

    public void Lay(int rows, int hidden, int projected, int gate)
    {
        Hidden = _memory.Pointer;
        Normed = Hidden + ((nint)rows * hidden);
        Mixed = Normed + ((nint)rows * hidden);
        Projected = Mixed + ((nint)rows * hidden);
        Gate = Projected + ((nint)rows * projected);
        Queries = Gate + ((nint)rows * gate);
    }

    public void ReserveLow(long floats)
    {
        if (_low.Length >= floats)
            return;
        _low.Dispose();
        _low = new NativeBuffer<float>(floats);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _low.Dispose();
    }
}
