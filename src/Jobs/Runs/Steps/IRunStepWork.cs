using Platform.Domain.Runs;

namespace Platform.Jobs.Runs.Steps;

/// <summary>How one kind of step is done. Safe to run again after it broke off anywhere.</summary>
internal interface IRunStepWork
{
    RunStepKind Kind { get; }

    /// <returns>What the step leaves, as JSON.</returns>
    Task<string> DoAsync(StepContext step, CancellationToken cancellationToken);
}
