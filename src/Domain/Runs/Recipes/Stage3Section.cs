namespace Platform.Domain.Runs.Recipes;

public sealed record Stage3Section
{
    [Setting("Mixing", "How much of the stage each task gets.")]
    public MixingSection Mixing { get; init; } = new() { Strategy = MixingStrategy.UniMax };

    [Setting("Goes on from stage 2", "true: stages 2 and 3 are one training that shows the high-resource tasks first. Its learning rate falls once over both, the mixing counts what stage 2 showed, and each task's rows go on where stage 2 left them. false: stage 3 begins anew with stage 2's weights.",
        Source = "Choi et al., NeurIPS 2023")]
    public bool Continues { get; init; }

    [Setting("Loss balance", "token: the mean over all answer tokens. example: over examples. task: over tasks. coba: over tasks, weighted by how they converge.",
        Source = "task: MFTCoder, arXiv 2311.02303; coba: arXiv 2410.06741")]
    public LossBalance LossBalance { get; init; } = LossBalance.Example;

    [Setting("Early stop", "When a task has learnt what it can and leaves the mixture.", Source = "mSFT, arXiv 2603.21606")]
    public EarlyStopSection EarlyStop { get; init; } = new();

    [Setting("Learning rate", "At its peak. Left out: training.learningRate.", Low = 1e-8, High = 1)]
    public double? LearningRate { get; init; }
}

public sealed record EarlyStopSection
{
    [Setting("Patience", "Validation measurements without a better result after which a task stops early; 0 never stops.", Unit = "measurements", Low = 0, High = 1000)]
    public int Patience { get; init; } = 3;

    [Setting("Roll back", "Whether the training goes back to the checkpoint at which the stopped task was best, and goes on from there without it.")]
    public bool RollBack { get; init; }

    [Setting("Replay share", "Part of a stopped task's examples that stay in the mixture, so that it is not forgotten.", Unit = "of its examples", Low = 0, High = 1)]
    public double ReplayShare { get; init; } = 0.1;
}
