using System.Globalization;
using System.Text.Json.Serialization;

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

    /// <summary>Like <see cref="Task"/>, with each task weighted by how it converges (CoBa, https://arxiv.org/abs/2410.06741).</summary>
    CoBa,
}

/// <summary>What a training learns from its rows.</summary>
public enum TrainingObjective
{
    /// <summary>The answers to the prompts; prompts are seen and not learnt.</summary>
    Answers,

    /// <summary>The input texts themselves, token by token: domain-adaptive pre-training (Gururangan et al., ACL 2020, https://arxiv.org/abs/2004.10964).</summary>
    InputTexts,
}

/// <summary>What a training computes in.</summary>
public enum TrainingPrecision
{
    /// <summary>Float32 throughout.</summary>
    Full,

    /// <summary>
    /// The model in bfloat16; the optimizer updates float32 copies of trained weights, and the model ends with those. An adapter stays in
    /// float32. Pays on processors that multiply bfloat16 natively (AVX512-BF16, AMX, CUDA), nowhere else.
    /// </summary>
    BFloat16,
}

/// <summary>How to fine-tune.</summary>
public sealed record TrainingOptions
{
    /// <summary>How much of AdamW's mean gradient stays at each update.</summary>
    public const double Beta1 = 0.9;

    /// <summary>How much of AdamW's mean squared gradient stays at each update.</summary>
    public const double Beta2 = 0.98;

    /// <summary>Keeps AdamW from dividing by nothing.</summary>
    public const double Epsilon = 1e-8;

    /// <summary>What is learnt.</summary>
    public TrainingObjective Objective { get; init; } = TrainingObjective.Answers;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Examples of one optimizer update.</summary>
    public int BatchExamples { get; init; } = 32;

    /// <summary>
    /// Most tokens of one forward pass. An update of more is made from several passes whose gradients add up; the result is the same but for
    /// rounding. A longer sequence gets a pass of its own.
    /// </summary>
    public int MicroBatchTokens { get; init; } = 2048;

    /// <summary>Computes each layer a second time for its gradient instead of keeping what it computed: less memory, about a third more time.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>What the model computes in.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Full;

    /// <summary>Share of the updates with rising learning rate.</summary>
    public double WarmupShare { get; init; } = 0.06;

    /// <summary>How the learning rate falls after its peak.</summary>
    public LearningRateCurve LearningRateCurve { get; init; } = LearningRateCurve.Cosine;

    /// <summary>What is left of the peak learning rate at the end, unless it is constant.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>Each update shrinks matrices by learning rate times this; norms and biases never.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Whether weight decay includes the embedding and the output head.</summary>
    public bool DecayEmbeddings { get; init; } = true;

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

    /// <summary>
    /// Validations without improvement after which a task leaves the mixture but for <see cref="ReplayShare"/>; 0 for never. When all have left, the training ends.
    /// </summary>
    public int EarlyStopPatience { get; init; } = 3;

    /// <summary>
    /// Whether a task that stops takes the training back to where the task was at its best, and the others go on from there (mSFT,
    /// https://arxiv.org/abs/2603.21606). Costs the updates in between a second time, and disk for at most <see cref="EarlyStopPatience"/> + 2 more checkpoints.
    /// </summary>
    public bool RollBack { get; init; }

    /// <summary>Share of its rows that a stopped task goes on showing, so that it is not forgotten.</summary>
    public double ReplayShare { get; init; } = 0.1;

    /// <summary>Time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many of the last checkpoints are kept, at least 1; the best weights are kept beside them.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>The place in a longer training; null for one that stands alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // trainings that stand alone keep the hash under which their results are stored
    public TrainingStretch? Stretch { get; init; }

    /// <summary>Fixes the order of the data and the draw of adapters.</summary>
    public long Seed { get; init; } = 17;

    /// <summary>How the learning rate moves in a training of so many updates.</summary>
    /// <param name="updates">Updates of this training, without other stretches.</param>
    public LearningRateSchedule LearningRates(long updates)
    {
        var before = Stretch?.UpdatesBefore(BatchExamples) ?? 0;
        var total = before + updates + (Stretch?.UpdatesAfter(BatchExamples) ?? 0);
        return new LearningRateSchedule(LearningRate, (long)Math.Ceiling(total * WarmupShare), total)
        {
            StepsBefore = before,
            Curve = LearningRateCurve,
            FinalShare = FinalLearningRateShare,
        };
    }

    /// <summary>Every problem as a sentence that names field, value and range; empty when there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        Check(LearningRate, 0, double.MaxValue, nameof(LearningRate));
        Check(BatchExamples, 1, 1_000_000, nameof(BatchExamples));
        Check(MicroBatchTokens, 1, int.MaxValue, nameof(MicroBatchTokens));
        Check(WarmupShare, 0, 1, nameof(WarmupShare));
        Check(FinalLearningRateShare, 0, 1, nameof(FinalLearningRateShare));
        Check(WeightDecay, 0, 1, nameof(WeightDecay));
        Check(ClipNorm, 0, double.MaxValue, nameof(ClipNorm));
        Check(MaxTokens, 1, int.MaxValue, nameof(MaxTokens));
        Check(ValidationRowsMax, 1, int.MaxValue, nameof(ValidationRowsMax));
        Check(Validations, 0, int.MaxValue, nameof(Validations));
        Check(EarlyStopPatience, 0, int.MaxValue, nameof(EarlyStopPatience));
        Check(ReplayShare, 0, 1, nameof(ReplayShare));
        Check(CheckpointInterval.TotalSeconds, 0, TimeSpan.MaxValue.TotalSeconds, nameof(CheckpointInterval));
        Check(KeepCheckpoints, 1, 1000, nameof(KeepCheckpoints));
        return problems;

        void Check(double value, double low, double high, string field)
        {
            // Written so that NaN fails.
            if (!(value >= low && value <= high))
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{field} is {value}; it must lie between {low} and {high}."));
        }
    }
}
