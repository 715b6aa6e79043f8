using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Engine.Training;
using Platform.Jobs.Claims;
using Platform.Jobs.Devices;
using Platform.Jobs.Dispatch;
using Platform.Method;

namespace Platform.Jobs.Runs.Forecasts;

/// <summary>Measures what a run would take, as soon as the device is free for some seconds.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class ForecastJob(
    ClaimedWork work, RunForecasts forecasts, RateBook rates, ArtifactStore store, EngineThread engine, IOptions<PlatformOptions> options, TimeProvider clock)
{
    public Task RunAsync(Guid requestId, CancellationToken cancellationToken) => work.RunAsync<ForecastRequest>(requestId, MeasureAsync, cancellationToken);

    private async Task MeasureAsync(HeldClaim<ForecastRequest> held, CancellationToken cancellationToken)
    {
        var request = await forecasts.FindAsync(held.Claim.EntityId, cancellationToken) ?? throw new InvalidOperationException("The forecast's row is gone.");
        try
        {
            var recipe = Recipe.Parse(request.RecipeJson).Value;
            var tasks = await forecasts.TasksAsync(request, cancellationToken);
            Forecasting.ApplyRules(recipe, tasks);
            var (hash, sample) = await SampleAsync(recipe, tasks, request, cancellationToken);
            var forecast = Forecasting.Of(recipe, tasks, sample, await rates.InForceAsync(clock.GetUtcNow(), cancellationToken));
            await forecasts.EndAsync(held.Claim, found => found.Complete(hash, StepResults.Write(sample), forecast.ToJson()), cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or TrainingMemoryException or TrainingDivergedException or IOException)
        {
            await forecasts.EndAsync(held.Claim, found => found.Fail(exception.Message), CancellationToken.None);
        }
    }

    private async Task<(string Hash, ThroughputSample Sample)> SampleAsync(Recipe recipe, IReadOnlyList<RunTask> tasks, ForecastRequest request, CancellationToken cancellationToken)
    {
        var baseModel = BaseModelName.Folder(request.BaseModel, options.Value.BaseModelFolder);
        var baseModelSha256 = await BaseModelFolder.HashAsync(baseModel, cancellationToken);
        var device = await engine.RunAsync(ThroughputMeasurement.Device, cancellationToken);
        var hash = ThroughputMeasurement.HashOf(device, baseModelSha256, tasks.Select(StepContext.Identity), recipe);
        if (await forecasts.FindSampleAsync(hash, cancellationToken) is { } known)
            return (hash, StepResults.Read<ThroughputSample>(known));

        using var data = new RunData(store);
        await data.HoldAsync(tasks, cancellationToken);
        var folder = Path.Combine(options.Value.DataFolder, "work", "forecasts", request.Id.ToString("N"));
        try
        {
            return (hash, await engine.RunAsync(
                () => ThroughputMeasurement.Measure(baseModel, [.. tasks.Select(data.For)], recipe, folder, clock.GetUtcNow(), cancellationToken), cancellationToken));
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }
}
