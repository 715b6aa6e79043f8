using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs.Forecasts;

public sealed class RunForecastsTests
{
    private static readonly RunForecast Forecast = new(
        "cpu", DateTimeOffset.UnixEpoch, 1000, 5000, 5, 2_000_000_000, "USD",
        [new StepForecast(RunStepKind.Stage2, null, null, 10, 1000, 1800, 7), new StepForecast(RunStepKind.Stage3, null, null, 10, 1000, 1800, 9)]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Forecast_Sums_AreOfAllSteps()
    {
        Assert.Equal((3600, 9L, 2m), (Forecast.Seconds, Forecast.PeakBytes!.Value, Forecast.Cost.Amount));
        Assert.Equal(Forecast.ToJson(), RunForecast.Parse(Forecast.ToJson())!.ToJson());
    }

    [Fact]
    public async Task RequestAsync_SameRecipeUnderAnotherName_IsMeasuredOnceAndGoesWithTheRun()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var forecasts = database.Get<RunForecasts>();
        var request = new RunRequest(null, [task.Id], new Recipe(), "base");
        var asked = (await forecasts.RequestAsync(TestWorld.Admin, request, Cancellation)).Value;
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<ForecastRequest>(asked.Id, "worker", Cancellation))!;
        Assert.True(await forecasts.EndAsync(claim, found => found.Complete("sample", "{}", Forecast.ToJson()), Cancellation));

        var again = (await forecasts.RequestAsync(TestWorld.Admin, request with { Recipe = new Recipe { Name = "other" } }, Cancellation)).Value;
        var longer = (await forecasts.RequestAsync(TestWorld.Admin, request with { Recipe = new Recipe { ExamplesBudget = 7 } }, Cancellation)).Value;
        var run = (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, request, Cancellation)).Value;

        Assert.Equal((asked.Id, ForecastStatus.Ready), (again.Id, again.Status));
        Assert.NotEqual(asked.Id, longer.Id);
        Assert.Equal(Forecast.ToJson(), run.ForecastJson);
        Assert.Equal("{}", await forecasts.FindSampleAsync("sample", Cancellation));
        Assert.Null(await forecasts.FindSampleAsync("another", Cancellation));
    }

    [Fact]
    public async Task PlanAsync_NothingMeasuredYet_GetsItsForecastOnceItIs()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var run = (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Value;
        Assert.Null(run.ForecastJson);
        var id = Assert.Single(await database.Get<WorkClaims>().FindUnclaimedAsync<ForecastRequest>(null, Cancellation));
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<ForecastRequest>(id, "worker", Cancellation))!;

        await database.Get<RunForecasts>().EndAsync(claim, found => found.Complete("sample", "{}", Forecast.ToJson()), Cancellation);

        Assert.Equal(Forecast.ToJson(), (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value.ForecastJson);
    }

    [Fact]
    public async Task RequestAsync_RecipeWithProblems_NamesThemLikePlanning()
    {
        await using var database = await TestDatabase.CreateAsync();

        var refused = await database.Get<RunForecasts>().RequestAsync(TestWorld.Admin, new RunRequest(null, [], new Recipe { MaxTokens = 1 }, "base"), Cancellation);

        Assert.Equal(["recipe_out_of_range"], refused.Errors.Select(error => error.Code));
    }
}
