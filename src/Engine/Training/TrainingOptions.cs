namespace Platform.Engine.Training;

/// <summary>What happens to rows that are longer than <see cref="TrainingOptions.MaxTokens"/>.</summary>
public enum LongRows
{
    /// <summary>They are left out, and counted.</summary>
    Drop,

    /// <summary>Their input is cut, and they are counted.</summary>
    Truncate,

    /// <summary>The training does not start.</summary>
    Stop,
}

/// <summary>How the losses of a batch are weighed against each other.</summary>
public enum LossBalance
{
    /// <summary>The mean over tasks of the mean over their answer tokens (MFTCoder, https://arxiv.org/abs/2311.02303).</summary>
    Task,

    /// <summary>The mean over examples of the mean over their answer tokens.</summary>
    Example,

    /// <summary>The mean over all answer tokens.</summary>
    Token,
}

/// <summary>How to fine-tune.</summary>
public sealed record TrainingOptions
{
    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Examples of one optimizer update.</summary>
    public int BatchExamples { get; init; } = 32;

    /// <summary>Share of the updates with rising learning rate.</summary>
    public double WarmupShare { get; init; } = 0.06;

    /// <summary>Each update shrinks matrices by learning rate times this.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest norm of all gradients together; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Longest sequence, tokens, answer included.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>What happens to longer rows.</summary>
    public LongRows LongRows { get; init; } = LongRows.Truncate;

    /// <summary>How losses are weighed.</summary>
    public LossBalance LossBalance { get; init; } = LossBalance.Example;

    /// <summary>Most validation rows of a task.</summary>
    public int ValidationRowsMax { get; init; } = 200;

    /// <summary>How often validation losses are measured in one training, the end included; 0 for never.</summary>
    public int Validations { get; init; } = 4;

    /// <summary>Validations without improvement after which a task leaves the mixture but for a replay share; 0 for never.</summary>
    public int EarlyStopPatience { get; init; } = 3;

    /// <summary>Time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Fixes the order of the data and the draw of adapters.</summary>
    public long Seed { get; init; } = 17;
}
