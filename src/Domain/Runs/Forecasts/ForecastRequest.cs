using System.Linq.Expressions;
using Platform.Domain.Claims;

namespace Platform.Domain.Runs.Forecasts;

public enum ForecastStatus
{
    Queued,
    Ready,
    Failed,
}

/// <summary>Somebody wants to know what a run would take. Jobs measures it on the device.</summary>
public sealed class ForecastRequest : IClaimable<ForecastRequest>
{
    public static Expression<Func<ForecastRequest, bool>> HasWork { get; } = request => request.Status == ForecastStatus.Queued;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The run that waits for it; null when somebody asked before planning one.</summary>
    public Guid? RunId { get; init; }

    /// <summary>Hash of the resolved recipe without its name: the same one is not measured twice.</summary>
    public required string RecipeHash { get; init; }

    public required string RecipeJson { get; init; }

    /// <summary>Folder or name of the base model.</summary>
    public required string BaseModel { get; init; }

    public required string RequestedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public ForecastStatus Status { get; private set; }

    /// <summary>Hash of all that the measured training depends on, so that recipes of other budgets can use it again.</summary>
    public string? SampleHash { get; private set; }

    public string? SampleJson { get; private set; }

    /// <summary>A <see cref="RunForecast"/>.</summary>
    public string? ForecastJson { get; private set; }

    public string? Error { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public void Complete(string sampleHash, string sampleJson, string forecastJson)
    {
        Require();
        (SampleHash, SampleJson, ForecastJson, Status) = (sampleHash, sampleJson, forecastJson, ForecastStatus.Ready);
    }

    public void Fail(string error)
    {
        Require();
        (Error, Status) = (error, ForecastStatus.Failed);
    }

    private void Require()
    {
        if (Status != ForecastStatus.Queued)
            throw new InvalidOperationException($"The forecast is {Status} already.");
    }
}
