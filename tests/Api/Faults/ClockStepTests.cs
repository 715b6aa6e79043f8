using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Platform.Api.Serving;
using Platform.Domain.Budgets;
using Platform.Domain.Costs;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Faults;

/// <summary>Somebody sets the machine's clock, by hours, while requests are under way.</summary>
public sealed class ClockStepTests
{
    private const string Body = """{"inputs":[{"text":"a room"}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Step_WhileServing_AnswersRecordsAndBudgetsAgreeAndTheBillAddsUp(int hours)
    {
        var clock = new SetClock();
        await using var api = await StartAsync(clock);
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.True((await api.World.Get<BudgetBook>().SetAsync(
            Actor.System("admin"), new BudgetRequest(BudgetScope.Team, api.World.Hotels.Id, BudgetPeriod.Total, BudgetKind.Hard, 1000m, "USD"), Cancellation)).IsSuccess);

        for (var request = 0; request < 60; request++)
        {
            if (request is 20)
                clock.Step(TimeSpan.FromHours(hours));
            if (request is 40)
                clock.Step(TimeSpan.FromHours(-hours));
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body));
        }

        Assert.Equal("ready", (string?)(await TestApi.BodyAsync(await api.GetAsync("/readyz")))["status"]);
        await using var context = api.World.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
        Assert.Equal(60, records.Count);
        Assert.Equal(records.Sum(record => record.CostNano), await context.BudgetAccounts.SumAsync(account => account.SpentNano, Cancellation));
        Assert.Equal(records.Sum(record => record.DeviceMicroseconds), await context.UsageRollups.Where(sum => sum.Hours == UsageRollup.Day).SumAsync(sum => sum.DeviceMicroseconds, Cancellation));
        Assert.All(await context.EngineSessions.ToListAsync(Cancellation), session => Assert.InRange(session.LastSeenAt - session.StartedAt, TimeSpan.Zero, TimeSpan.FromHours(1)));
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var report = await api.World.Get<CostQuery>().ReportAsync(Actor.System("admin"), today.AddDays(-2), today.AddDays(2), Cancellation);
        Assert.Equal(Assert.Single(report.Bills).Total.Nano, report.Tasks.Sum(task => task.Parts.TotalNano));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Step_DuringANamedRequest_ItsRetryWaitsAndNothingIsComputedTwice(int hours)
    {
        var clock = new SetClock();
        using var entered = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var model = new FakeModel();
        await using var api = await StartAsync(clock, model);
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var warmUp = model.Steps;
        model.InStep = _ =>
        {
            entered.Release();
            go.Wait();
        };

        var first = SendAsync(api, key, "one name");
        await entered.WaitAsync(Cancellation);
        clock.Step(TimeSpan.FromHours(hours));
        var retry = SendAsync(api, key, "one name");
        var other = SendAsync(api, key, "another name");
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 1), "the other request to wait");
        go.Release(100);
        var answers = await Task.WhenAll(first, retry, other);

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(answers[0].Headers.GetValues("x-request-id"), answers[1].Headers.GetValues("x-request-id"));
        Assert.Equal("true", answers[1].Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(2, model.Steps - warmUp);
        await using var context = api.World.Open();
        Assert.Equal(2, await context.UsageRecords.CountAsync(Cancellation));
    }

    private static async Task<TestApi> StartAsync(SetClock clock, FakeModel? model = null)
    {
        var api = await TestApi.StartAsync(services =>
        {
            services.RemoveAll<TimeProvider>();
            services.AddSingleton<TimeProvider>(clock);
            services.AddSingleton<ISharedModelLoader>(new FakeLoader(_ => model ?? new FakeModel()));
        });
        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 1));
        await api.WaitAsync(async () => (await api.GetAsync("/readyz")).IsSuccessStatusCode, "the deployment to serve");
        return api;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestApi api, Domain.Keys.IssuedKey key, string name)
    {
        using var request = TestApi.Request(HttpMethod.Post, $"/v1/tasks/{TestTasks.Sentiment}/predict", key);
        request.Headers.Add("Idempotency-Key", name.Replace(' ', '-'));
        request.Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json");
        return await api.Client.SendAsync(request, Cancellation);
    }

    /// <summary>
    /// The machine's clock, as people can set it; what measures intervals goes on. It begins at noon, because a budget counts from the day
    /// on which it was set: a step of hours stays within that day at whatever time the tests run.
    /// </summary>
    private sealed class SetClock : TimeProvider
    {
        private long ticks = TimeSpan.TicksPerDay / 2 - DateTime.UtcNow.TimeOfDay.Ticks;

        public void Step(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref ticks));
    }
}
