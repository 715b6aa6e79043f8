namespace Platform.Domain.Runs.Recipes;

public enum TrainingMethod
{
    /// <summary>All weights.</summary>
    Full,

    /// <summary>Low-rank adapters, merged into the weights after each stage.</summary>
    Lora,
}

/// <summary>How the learning rate falls after its peak.</summary>
public enum LearningRateFall
{
    Cosine,
    Linear,
    Constant,
}

/// <summary>What a training computes in.</summary>
public enum ComputePrecision
{
    Full,

    /// <summary>Weights in bfloat16, updated through float32 copies: for processors that multiply bfloat16 natively.</summary>
    Bf16,
}

public sealed record TrainingSection
{
    [Setting("Method", "full: all weights are trained. lora: low-rank adapters are, and are merged into the weights after each stage.", Source = "LoRA, arXiv 2106.09685")]
    public TrainingMethod Method { get; init; } = TrainingMethod.Full;

    [Setting("Learning rate", "At its peak, when all weights are trained.", Low = 1e-8, High = 1)]
    public double LearningRate { get; init; } = 5e-4;

    [Setting("Batch", "Examples per optimizer step.", Unit = "examples", Low = 1, High = 65_536)]
    public int BatchExamples { get; init; } = 32;

    [Setting("Warm-up", "Share of the optimizer steps during which the learning rate rises.", Unit = "of the steps", Low = 0, High = 0.9)]
    public double WarmupShare { get; init; } = 0.06;

    [Setting("Fall of the learning rate", "After the warm-up: cosine, linear, or constant, which stays.")]
    public LearningRateFall LearningRateFall { get; init; }

    [Setting("Final learning rate", "What is left of the peak at the end, unless it is constant.", Unit = "of the peak", Low = 0, High = 1)]
    public double FinalLearningRateShare { get; init; } = 0.1;

    [Setting("Weight decay", "On matrices; norms and biases are never decayed.", Low = 0, High = 1, Source = "AdamW, arXiv 1711.05101")]
    public double WeightDecay { get; init; } = 0.01;

    [Setting("Gradient clip", "Largest norm of the gradient over all weights; 0 leaves it unclipped.", Low = 0, High = 1000)]
    public double ClipNorm { get; init; } = 1;

    [Setting("Micro-batch", "Tokens that go through the model at once, at most; an optimizer step of more is summed up from several passes.", Unit = "tokens", Low = 16, High = 10_000_000)]
    public int MicroBatchTokens { get; init; } = 2048;

    [Setting("Recompute layers", "Computes each layer a second time for its gradient instead of keeping it: less memory, more time.", Source = "arXiv 1604.06174")]
    public bool GradientCheckpointing { get; init; }

    [Setting("Precision", "full: float32. bf16: weights in bfloat16, updated through float32 copies; pays on processors that multiply it natively.")]
    public ComputePrecision Precision { get; init; }

    [Setting("LoRA", "For the method lora.")]
    public LoraSection Lora { get; init; } = new();
}
