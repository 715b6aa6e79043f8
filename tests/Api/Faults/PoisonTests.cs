using System.Net;
using Microsoft.EntityFrameworkCore;

namespace Platform.Api.Tests.Faults;

/// <summary>Inputs that make the engine throw, in a step or before one.</summary>
public sealed class PoisonTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Poison_InAStepOrInTheTokenizer_FailsItsOwnRequestAndReadyzSaysSo()
    {
        var model = new FakeModel { CannotBeRead = "unreadable" };
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var before = await TestApi.BodyAsync(await api.GetAsync("/readyz"));

        var healthy = Enumerable.Range(0, 30).Select(index => api.PredictAsync(key, TestTasks.Sentiment, $$"""{"inputs":[{"text":"fine {{index}}"}]}""")).ToList();
        var poisoned = Enumerable.Range(0, 5).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"poison"}]}""")).ToList();
        var unreadable = Enumerable.Range(0, 5).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"unreadable"}]}""")).ToList();

        foreach (var response in await Task.WhenAll(healthy))
            await TestApi.BodyAsync(response);
        foreach (var response in await Task.WhenAll(poisoned))
            await TestApi.ProblemAsync(response, HttpStatusCode.InternalServerError, "engine_failed");
        foreach (var response in await Task.WhenAll(unreadable))
            await TestApi.ProblemAsync(response, HttpStatusCode.InternalServerError, "internal");
        var after = await TestApi.BodyAsync(await api.GetAsync("/readyz"));
        Assert.Equal(("ready", "degraded"), ((string?)before["status"], (string?)after["status"]));
        Assert.Contains(TestTasks.Sentiment, (string?)Assert.Single(after["problems"]!.AsArray()), StringComparison.Ordinal);
        await using var context = api.World.Open();
        Assert.Equal(30, await context.UsageRecords.CountAsync(record => record.Status == Domain.Usage.UsageStatus.Ok, Cancellation));
    }
}
