using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Jobs.Runs.Forecasts;

namespace Platform.Jobs.Tests.Runs.Forecasts;

public sealed class ForecastJobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_FourTasks_MeasuresOnceAndExpectsEveryStep()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All);
        var request = new RunRequest(null, [.. tasks.Select(task => task.Id)], JobsWorld.SmallRecipe, world.BaseModel);

        var measured = await MeasureAsync(world, request);
        var larger = await MeasureAsync(world, request with { Recipe = JobsWorld.SmallRecipe with { ExamplesBudget = 4800 } });

        Assert.True(measured.Status == ForecastStatus.Ready, measured.Error);
        var (forecast, bigger) = (RunForecast.Parse(measured.ForecastJson)!, RunForecast.Parse(larger.ForecastJson)!);
        Assert.Equal(measured.SampleJson, larger.SampleJson);
        Assert.All(forecast.Steps.Where(step => step.Kind is not (RunStepKind.CheckData or RunStepKind.Register)), step => Assert.True(step.Seconds > 0, $"{step.Kind} {step.Task}"));
        Assert.True(forecast.TokensPerSecond > 0 && forecast.PeakBytes > 0);
        Assert.True(bigger.Seconds > forecast.Seconds);
        Assert.Equal(tasks.Count, forecast.Steps.Count(step => step.Kind == RunStepKind.Baseline));
        Assert.False(Directory.Exists(Path.Combine(world.Folder, "data", "work", "forecasts", measured.Id.ToString("N"))));
    }

    [Fact]
    public async Task RunAsync_NoBaseModel_SaysWhatIsMissing()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(1));

        var failed = await MeasureAsync(world, new RunRequest(null, [tasks[0].Id], JobsWorld.SmallRecipe, Path.Combine(world.Folder, "nothing")));

        Assert.Equal(ForecastStatus.Failed, failed.Status);
        Assert.Contains("config.json is missing", failed.Error, StringComparison.Ordinal);
    }

    private static async Task<ForecastRequest> MeasureAsync(JobsWorld world, RunRequest request)
    {
        var asked = await world.Get<RunForecasts>().RequestAsync(JobsWorld.Admin, request, Cancellation);
        Assert.True(asked.IsSuccess, asked.IsSuccess ? "" : asked.Summary);
        Assert.Contains(asked.Value.Id, await world.Get<WorkClaims>().FindUnclaimedAsync<ForecastRequest>(null, Cancellation));
        await world.JobAsync<ForecastJob>(job => job.RunAsync(asked.Value.Id, Cancellation));
        return (await world.Get<RunForecasts>().FindAsync(asked.Value.Id, Cancellation))!;
    }
}
