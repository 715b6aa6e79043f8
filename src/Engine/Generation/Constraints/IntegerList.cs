using System.Runtime.InteropServices;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Lists of integers as keys of dictionaries.</summary>
internal static class IntegerList
{
    /// <summary>Compares by content.</summary>
    public static IEqualityComparer<int[]> Comparer { get; } = new ByContent();

    private sealed class ByContent : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(obj.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
