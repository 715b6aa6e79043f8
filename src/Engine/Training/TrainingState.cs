using System.Text.Json.Serialization;

namespace Platform.Engine.Training;

/// <summary>What a training must know, beside its tensors, to go on as if nothing had happened.</summary>
internal sealed class TrainingState
{
    /// <summary>Batches done.</summary>
    public int Batch { get; set; }

    public long OptimizerSteps { get; set; }

    /// <summary>Most tokens of a pass, which a shortage of memory may have lowered.</summary>
    public int MicroBatchTokens { get; set; } = int.MaxValue;

    public long DeviceMicroseconds { get; set; }

    public double LastLoss { get; set; }

    public long[] ExamplesByTask { get; set; } = [];

    public long[] TokensByTask { get; set; } = [];

    /// <summary>Sum of row losses since the last validation.</summary>
    public double[] LossByTask { get; set; } = [];

    /// <summary>Rows in <see cref="LossByTask"/>.</summary>
    public long[] CountByTask { get; set; } = [];

    /// <summary>Best mean log validation loss so far.</summary>
    public double? BestScore { get; set; }

    public int? BestBatch { get; set; }

    public Dictionary<string, double> BestLosses { get; set; } = [];

    /// <summary>Each validated task's best so far.</summary>
    public Dictionary<string, TaskProgress> Progress { get; set; } = [];

    /// <summary>Every validation's losses, in the order of the validated tasks.</summary>
    public List<double[]> Validations { get; set; } = [];

    public HashSet<int> Stopped { get; set; } = [];

    /// <summary>Examples and tokens of updates that were rolled back: they cost time, and the weights know nothing of them.</summary>
    public long DiscardedExamples { get; set; }

    public long DiscardedTokens { get; set; }

    /// <summary>Updates that were left out.</summary>
    public DivergenceGuard Guard { get; set; } = new();

    /// <summary>Device seconds when this process took over.</summary>
    [JsonIgnore]
    public double SecondsAtStart { get; set; }
}
