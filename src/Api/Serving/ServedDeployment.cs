using Platform.Api.Deployments;
using Platform.Domain.Deployments;
using Platform.Engine.Tasks;

namespace Platform.Api.Serving;

/// <summary>A task as the running deployment serves it.</summary>
/// <param name="Owner">Name of the owning team.</param>
internal sealed record DeployedTask(Guid Id, Guid TeamId, string Owner, TaskSpec Spec, int MaxPromptTokens, DateTimeOffset CreatedAt);

/// <summary>A deployment with its model in memory. The engine thread owns the model; the rest may be read from anywhere.</summary>
internal sealed class ServedDeployment(Deployment deployment, ISharedModel model, IReadOnlyDictionary<string, DeployedTask> tasks) : IDisposable
{
    private long busyMicroseconds;

    public Guid Id => deployment.Id;

    /// <summary>Under which its time is on record; set when the session is opened, before the first request.</summary>
    public Guid? SessionId { get; set; }

    public int Number => deployment.Number;

    public Guid ModelVersionId => deployment.ModelVersionId;

    /// <summary>The model version's number.</summary>
    public int ModelVersion => deployment.ModelVersion!.Number;

    public ISharedModel Model => model;

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, DeployedTask> Tasks => tasks;

    /// <summary>What it was loaded from.</summary>
    public ArtifactFiles? Files { get; set; }

    /// <summary>Made when it was loaded.</summary>
    public ParityCertificate? Certificate { get; set; }

    /// <summary>Sum of all its steps so far.</summary>
    public long BusyMicroseconds => Interlocked.Read(ref busyMicroseconds);

    public void AddBusy(long microseconds) => Interlocked.Add(ref busyMicroseconds, microseconds);

    public void Dispose()
    {
        model.Dispose();
        Files?.Dispose();
    }
}
