using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Budgets;

public sealed class BudgetTests
{
    private const string One = """{"inputs":[{"text":"a room"}]}""";

    private static readonly Actor Admin = Actor.System("admin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BudgetScope.Task)]
    [InlineData(BudgetScope.Team)]
    [InlineData(BudgetScope.Key)]
    public async Task Predict_ManyCallersOnAHardBudget_NeverSpendMoreAndRefuseWhenItIsSpent(BudgetScope scope)
    {
        await using var api = await ServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SetAsync(api, scope, scope switch { BudgetScope.Task => api.World.TaskId(TestTasks.Sentiment), BudgetScope.Team => api.World.Hotels.Id, _ => key.Key.Id }, BudgetKind.Hard, 1m);

        var (costs, refused) = await SpendAsync([api], key);

        var (spent, reserved) = await AccountAsync(api);
        Assert.Equal(costs.Sum(), spent);
        Assert.InRange(spent, 1, 1_000_000_000);
        Assert.True(refused > 0, "Nobody was refused.");
        Assert.True(costs.Count > 64, $"Only {costs.Count} were let in.");
        await api.WaitAsync(async () => (await AccountAsync(api)).Reserved == 0, $"the reservations to be given back; {reserved} are held");
        await using var context = api.World.Open();
        Assert.Equal(spent, await context.UsageRecords.SumAsync(record => record.CostNano, Cancellation));

        // What is left is less than what the next one might cost.
        var problem = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, One), HttpStatusCode.TooManyRequests, "budget_exceeded");
        Assert.Contains("of 1 USD", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Contains("starts again from nothing at", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_ManyCallersOnThreeReplicas_NeverSpendMoreThanTheBudget()
    {
        await using var one = await ServingAsync();
        await using var two = one.StartAgain(Loader(), ("Api:KeyCacheTime", "00:00:00"));
        await using var three = one.StartAgain(Loader(), ("Api:KeyCacheTime", "00:00:00"));
        foreach (var replica in new[] { two, three })
            await replica.WaitAsync(async () => (await replica.Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "another replica to serve");
        var key = await one.World.IssueKeyAsync(one.World.Hotels);
        await SetAsync(one, BudgetScope.Team, one.World.Hotels.Id, BudgetKind.Hard, 1m);

        var (costs, refused) = await SpendAsync([one, two, three], key);

        var (spent, _) = await AccountAsync(one);
        Assert.Equal(costs.Sum(), spent);
        Assert.InRange(spent, 1, 1_000_000_000);
        Assert.True(refused > 0, "Nobody was refused.");
    }

    [Fact]
    public async Task Predict_SoftBudgetSpent_AnswersWithAWarning()
    {
        await using var api = await ServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SetAsync(api, BudgetScope.Team, api.World.Hotels.Id, BudgetKind.Soft, 0m);

        using var response = await api.PredictAsync(key, TestTasks.Sentiment, One);

        await TestApi.BodyAsync(response);
        Assert.Contains("the team hotels for each month", Assert.Single(response.Headers.GetValues("x-budget-warning")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_RateTypoIsCorrected_IsLetInAgain()
    {
        await using var api = await ServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SetAsync(api, BudgetScope.Key, key.Key.Id, BudgetKind.Hard, 0.5m);
        await SpendAsync([api], key);
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, One), HttpStatusCode.TooManyRequests, "budget_exceeded");
        var book = api.World.Get<RateBook>();
        var wrong = (await book.ListAsync(Cancellation))[0];

        Assert.True((await book.CorrectAsync(Admin, wrong.Id, 3.6m, "USD", "Three zeros too many.", Cancellation)).IsSuccess);

        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One));
    }

    [Fact]
    public async Task Predict_BudgetOfAnotherTask_DoesNotConcernIt()
    {
        await using var api = await ServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SetAsync(api, BudgetScope.Task, api.World.TaskId(TestTasks.Reply), BudgetKind.Hard, 0m);

        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One));
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Reply, One), HttpStatusCode.TooManyRequests, "budget_exceeded");
    }

    /// <summary>A dollar a second, so that the shortest step costs something.</summary>
    private static async Task<TestApi> ServingAsync()
    {
        var api = await TestApi.StartServingAsync(Loader(), ("Api:KeyCacheTime", "00:00:00"));
        Assert.True((await api.World.Get<RateBook>().SetAsync(Admin, DateTimeOffset.UtcNow, 3600m, "USD", Cancellation)).IsSuccess);
        return api;
    }

    /// <summary>Each input takes two milliseconds of the device, alone or beside others.</summary>
    private static FakeLoader Loader()
    {
        var clock = new StepClock();
        return new FakeLoader(_ => new FakeModel { InStep = inputs => clock.Pass(TimeSpan.FromMilliseconds(2 * inputs.Count)) }) { Clock = clock };
    }

    /// <summary>The system's clock, and on top of it the time that steps are said to take.</summary>
    private sealed class StepClock : TimeProvider
    {
        private long passed;

        public void Pass(TimeSpan time) => Interlocked.Add(ref passed, (long)(time.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref passed);
    }

    private static async Task SetAsync(TestApi api, BudgetScope scope, Guid id, BudgetKind kind, decimal amount) =>
        Assert.True((await api.World.Get<BudgetBook>().SetAsync(Admin, new BudgetRequest(scope, id, BudgetPeriod.Month, kind, amount, "USD"), Cancellation)).IsSuccess);

    /// <summary>64 callers at once, each until it is refused for good.</summary>
    private static async Task<(List<long> Costs, int Refused)> SpendAsync(IReadOnlyList<TestApi> apis, IssuedKey key)
    {
        var callers = await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            List<long> costs = [];
            while (true)
            {
                using var response = await apis[caller % apis.Count].PredictAsync(key, TestTasks.Sentiment, One);
                if (response.IsSuccessStatusCode)
                {
                    var body = await TestApi.BodyAsync(response);
                    costs.Add((long)((decimal)body["usage"]!["cost"]!["amount"]! * 1_000_000_000m));
                    continue;
                }

                var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
                if ((string?)problem["code"] == "budget_exceeded")
                    return costs;
                Assert.Equal("budget_reserved", (string?)problem["code"]);
            }
        }, Cancellation)));
        return ([.. callers.SelectMany(costs => costs)], callers.Length);
    }

    private static async Task<(long Spent, long Reserved)> AccountAsync(TestApi api)
    {
        await using var context = api.World.Open();
        var account = await context.BudgetAccounts.AsNoTracking().SingleAsync(Cancellation);
        return (account.SpentNano, account.ReservedNano);
    }
}
