using CsCheck;

namespace Platform.Engine.Tests.Generation;

/// <summary>Random values out of a few.</summary>
internal static class Pick
{
    public static Gen<T> From<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(index => items[index]);
}
