using System.Runtime.InteropServices;

namespace Platform.Engine.Training;

/// <summary>There is not enough memory to train, and nothing that is left to try.</summary>
/// <param name="message">What was too large, and what to do.</param>
/// <param name="cause">What the allocator said.</param>
public sealed class TrainingMemoryException(string message, Exception cause) : Exception(message, cause);

/// <summary>Failed allocations, which libtorch reports as errors like any other.</summary>
public static class MemoryShortage
{
    // Of CUDA's caching allocator, of the CPU allocator on Linux and on Windows.
    private static readonly string[] Words = ["out of memory", "can't allocate memory", "not enough memory"];

    /// <summary>Whether an error comes from memory that could not be had, on the CPU or on a GPU.</summary>
    /// <param name="exception">The error.</param>
    public static bool IsCauseOf(Exception? exception) => exception switch
    {
        null => false,
        OutOfMemoryException or TrainingMemoryException => true,
        ExternalException when Words.Any(words => exception.Message.Contains(words, StringComparison.OrdinalIgnoreCase)) => true,
        _ => IsCauseOf(exception.InnerException),
    };
}
