using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Costs;
using Platform.Domain.Keys;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Usage;

/// <summary>
/// Kills the real Api under load again and again. Two kills by default; <c>PLATFORM_LONG_TESTS=1</c> makes it thirty, as <c>./test --long</c> and CI do.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Callers = 16;

    private static readonly int Kills = Environment.GetEnvironmentVariable("PLATFORM_LONG_TESTS") == "1" ? 30 : 2;

    private static readonly string[] Tasks = [TestTasks.Sentiment, TestTasks.Reply];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private sealed record Received(string RequestId, long DeviceMicroseconds, long CostNano);

    [Fact]
    [Trait("Length", "Long")]
    public async Task Kill_UnderLoad_EveryReceivedResponseIsInTheLedgerOnceAndEverythingAddsUp()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.True((await api.World.Get<BudgetBook>().SetAsync(
            Actor.System("admin"), new BudgetRequest(BudgetScope.Team, api.World.Hotels.Id, BudgetPeriod.Month, BudgetKind.Hard, 1000m, "USD"), Cancellation)).IsSuccess);
        var random = new Random(11);
        var received = new ConcurrentBag<Received>();

        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = await ApiProcess.StartAsync(api.StorageSettings, Cancellation);
            var before = received.Count;
            var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(process.Client, key, Tasks[caller % Tasks.Length], received), Cancellation)).ToList();
            await api.WaitAsync(() => Task.FromResult(received.Count > before), "the first response");
            await Task.Delay(random.Next(0, 1500), Cancellation); // the moment of death is the test's subject
            process.Kill();
            await Task.WhenAll(callers);
        }

        await CheckAsync(api, [.. received]);
    }

    private async Task CheckAsync(TestApi api, IReadOnlyList<Received> received)
    {
        await using var context = api.World.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
        var sessions = await context.EngineSessions.AsNoTracking().ToListAsync(Cancellation);
        var measured = sessions.Sum(session => Math.Max(session.BusyMicroseconds, session.MeasuredMicroseconds));
        var busy = sessions.Sum(session => session.BusyMicroseconds);
        output.WriteLine($"{Kills} kills: {received.Count} responses received, {records.Count} records, busy {busy} µs on record, {measured - busy} µs measured for requests that died");

        // Every response is on record, exactly once and as it said.
        var byRequest = records.ToDictionary(record => record.RequestId);
        Assert.Equal(received.Count, received.DistinctBy(response => response.RequestId).Count());
        Assert.All(received, response =>
        {
            var record = byRequest[response.RequestId];
            Assert.Equal((response.DeviceMicroseconds, response.CostNano), (record.DeviceMicroseconds, record.CostNano));
        });

        // Shares of all requests are the busy time, session by session; sums and accounts are those of the records.
        foreach (var session in sessions)
            Assert.Equal(session.BusyMicroseconds, records.Where(record => record.SessionId == session.Id).Sum(record => record.DeviceMicroseconds));
        Assert.Equal(records.Sum(record => record.CostNano), await context.BudgetAccounts.SumAsync(account => account.SpentNano, Cancellation));
        foreach (var hours in new[] { UsageRollup.Hour, UsageRollup.Day })
            Assert.Equal(
                (records.Count, records.Sum(record => record.DeviceMicroseconds), records.Sum(record => record.CostNano)),
                (await context.UsageRollups.Where(sum => sum.Hours == hours).SumAsync(sum => sum.Requests, Cancellation),
                    await context.UsageRollups.Where(sum => sum.Hours == hours).SumAsync(sum => sum.DeviceMicroseconds, Cancellation),
                    await context.UsageRollups.Where(sum => sum.Hours == hours).SumAsync(sum => sum.CostNano, Cancellation)));
        Assert.All(sessions, session => Assert.True(session.BusyMicroseconds <= (session.LastSeenAt - session.StartedAt).TotalMicroseconds, "A session was busy for longer than it was up."));

        // Busy and idle together are the bill.
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        var report = await api.World.Get<CostQuery>().ReportAsync(Actor.System("admin"), today.AddDays(-1), today.AddDays(1), Cancellation);
        Assert.Equal(Assert.Single(report.Bills).Total.Nano, report.Tasks.Sum(task => task.Parts.TotalNano));
        Assert.True(report.Tasks.Sum(task => task.Parts.IdleNano) > 0);
    }

    /// <summary>Calls until the process is gone; only a response that was read to its end counts.</summary>
    private static async Task CallAsync(HttpClient client, IssuedKey key, string task, ConcurrentBag<Received> received)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/tasks/{task}/predict");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);
                request.Content = new StringContent("""{"inputs":[{"text":"the room was clean"},{"text":"we want to change flight"}]}""", Encoding.UTF8, "application/json");
                using var response = await client.SendAsync(request, Cancellation);
                var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
                Assert.True(response.IsSuccessStatusCode, body.ToJsonString());
                received.Add(new Received(
                    response.Headers.GetValues("x-request-id").Single(), (long)((decimal)body["usage"]!["device_ms"]! * 1000m), (long)((decimal)body["usage"]!["cost"]!["amount"]! * 1_000_000_000m)));
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                return;
            }
        }
    }
}
