using System.Globalization;

namespace Platform.Engine.Training;

/// <summary>What a training needs in memory at its peak, by part, and what it really needed. All in bytes.</summary>
public sealed record TrainingMemory
{
    private const double Mebibyte = 1 << 20;

    /// <summary>Weights of the model and of the adapter, with their float32 masters when the training computes in bfloat16.</summary>
    public required long Weights { get; init; }

    /// <summary>Gradients that exist while the largest pass is computed.</summary>
    public required long Gradients { get; init; }

    /// <summary>What the optimizer keeps for each weight.</summary>
    public required long Optimizer { get; init; }

    /// <summary>What the layers keep of the largest pass for its gradient.</summary>
    public required long Activations { get; init; }

    /// <summary>Logits and what else exists for a moment at the peak.</summary>
    public required long Transient { get; init; }

    /// <summary>All of it: what is expected.</summary>
    public long Predicted => Weights + Gradients + Optimizer + Activations + Transient;

    /// <summary>What was needed in the end, weights included; null where the system does not say.</summary>
    public long? Measured { get; init; }

    /// <summary>The expectation as a sentence for the run's log.</summary>
    /// <param name="available">What is free on the device now, or null when that is not known.</param>
    /// <param name="held">How much of the expected is in use already.</param>
    internal string Expectation(long? available, long held)
    {
        var parts = $"weights {Text(Weights)}, gradients {Text(Gradients)}, optimizer {Text(Optimizer)}, activations {Text(Activations)}, logits and the like {Text(Transient)}";
        var warning = available < Predicted - held
            ? $" Only {Text(available.Value)} MiB are free: expect memory to run out. Lower maxTokens or batchExamples, or free memory."
            : "";
        return $"Expected to need {Text(Predicted)} MiB of memory at its peak ({parts}).{warning}";
    }

    /// <summary>Both figures as a sentence for the run's log; null when nothing was measured.</summary>
    internal string? Outcome() => Measured is { } measured ? $"Needed {Text(measured)} MiB of memory at its peak; {Text(Predicted)} MiB were expected." : null;

    private static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebibyte:N0}");
}
