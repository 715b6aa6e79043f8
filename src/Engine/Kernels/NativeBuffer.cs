using System.Runtime.InteropServices;

namespace Platform.Engine.Kernels;

/// <summary>Zeroed memory outside the garbage collector's heap that begins on a cache line.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable where T : unmanaged
{
    private const nuint Alignment = 64;

    private void* _start;

    /// <param name="length">Elements.</param>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        // Zeroed by the allocator: memory that is never touched is never taken from the system.
        _start = NativeMemory.AllocZeroed(checked(((nuint)length * (nuint)sizeof(T)) + Alignment));
        Pointer = (T*)(((nuint)_start + Alignment - 1) & ~(Alignment - 1));
    }

    /// <summary>Frees what its owner forgot.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The first element.</summary>
    public T* Pointer { get; private set; }

    /// <summary>Elements.</summary>
    public long Length { get; }

    /// <summary>Bytes in memory.</summary>
    public long SizeBytes => Length * sizeof(T);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_start);
        _start = null;
        Pointer = null;
    }
}
