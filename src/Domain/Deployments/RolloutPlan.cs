using Platform.Domain.Results;

namespace Platform.Domain.Deployments;

/// <summary>How an approved model version meets the applications.</summary>
public enum RolloutMode
{
    /// <summary>It replaces what is live.</summary>
    Full,

    /// <summary>It answers a share of the requests beside what is live.</summary>
    Canary,

    /// <summary>It answers copies of a share of the requests; callers get what is live, and both answers are compared.</summary>
    Shadow,
}

/// <summary>A task whose share differs from the plan's.</summary>
/// <param name="Percent">Of its requests, 0 to 100.</param>
public sealed record TaskShare(Guid TaskId, int Percent);

/// <summary>Which requests meet a deployment on trial.</summary>
/// <param name="Percent">Of every task's requests, 0 to 100; without meaning for <see cref="RolloutMode.Full"/>.</param>
/// <param name="Tasks">Tasks with a share of their own.</param>
public sealed record RolloutPlan(RolloutMode Mode, int Percent, IReadOnlyList<TaskShare> Tasks)
{
    public static RolloutPlan Full { get; } = new(RolloutMode.Full, 100, []);

    /// <summary>Percent of a task's requests.</summary>
    public int ShareOf(Guid taskId) => Tasks.FirstOrDefault(task => task.TaskId == taskId)?.Percent ?? Percent;

    /// <param name="served">Tasks that the model version serves.</param>
    internal Result Check(IReadOnlySet<Guid> served)
    {
        List<Error> errors = [];
        if (Percent is < 0 or > 100 || Tasks.Any(task => task.Percent is < 0 or > 100))
            errors.Add(DeploymentErrors.ShareOutOfRange());
        if (Tasks.Any(task => !served.Contains(task.TaskId)))
            errors.Add(DeploymentErrors.ShareOfUnknownTask());
        if (Tasks.DistinctBy(task => task.TaskId).Count() < Tasks.Count)
            errors.Add(DeploymentErrors.ShareTwice());
        if (errors.Count == 0 && Mode != RolloutMode.Full && served.All(task => ShareOf(task) == 0))
            errors.Add(DeploymentErrors.ShareNothing());
        return errors.Count == 0 ? Result.Success() : Result.Failure(errors);
    }
}
