using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Platform.Api.Tests.Usage;
using Platform.Domain.Keys;
using Platform.Domain.Usage;
using Platform.TestStorage;

namespace Platform.Api.Tests.Faults;

/// <summary>The database is locked by somebody else, or is not there, for ten seconds. How long it lasts is what is tested.</summary>
public sealed class DatabaseFaultTests
{
    private const string Body = """{"inputs":[{"text":"a room"}]}""";

    private static readonly TimeSpan Fault = TimeSpan.FromSeconds(10);

    public DatabaseFaultTests() => Assert.SkipWhen(TestDatabaseCopy.UsesPostgres, "Faults of a SQLite file.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Locked_TenSeconds_AnswersWaitWhoeverOnlyReadsIsAnsweredAndAllIsRecordedOnce()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var fresh = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body));

        List<Task<HttpResponseMessage>> waiting;
        await using (var other = new SqliteConnection($"Data Source={Path.Combine(api.DataFolder, "platform.db")};Pooling=False"))
        {
            await other.OpenAsync(Cancellation);
            await ExecuteAsync(other, "BEGIN EXCLUSIVE");
            waiting = [.. Enumerable.Range(0, 8).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, Body))];
            var until = Task.Delay(Fault, Cancellation);
            await api.WaitAsync(async () => (await ReadyzAsync(api)).Contains("waiting to be written down", StringComparison.Ordinal), "/readyz to say what is wrong");
            await TestApi.BodyAsync(await api.GetAsync("/healthz"));
            await TestApi.BodyAsync(await api.GetAsync("/v1/models", fresh));
            await until;
            Assert.DoesNotContain(waiting, request => request.IsCompleted);
            await ExecuteAsync(other, "ROLLBACK");
        }

        foreach (var response in await Task.WhenAll(waiting))
            await TestApi.BodyAsync(response);
        Assert.Equal(9, await RecordedAsync(api));
        Assert.Contains("\"ready\"", await ReadyzAsync(api), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gone_TenSeconds_NothingIsAnsweredUnrecordedAndEverythingGoesOnWhenItIsBack()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body));
        var away = Directory.CreateDirectory(Path.Combine(api.DataFolder, "away")).FullName;

        Move(api.DataFolder, away);
        var during = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, Body)));
        await api.WaitAsync(async () => (await ReadyzAsync(api)).Contains("is gone", StringComparison.Ordinal), "/readyz to say what is wrong");
        await TestApi.BodyAsync(await api.GetAsync("/healthz"));
        await Task.Delay(Fault, Cancellation);
        Assert.Empty(Directory.GetFiles(api.DataFolder, "platform.db*"));
        Move(away, api.DataFolder);
        var statuses = (await during).Select(response => response.StatusCode).ToList();
        await api.WaitAsync(async () => (await api.PredictAsync(key, TestTasks.Sentiment, Body)).IsSuccessStatusCode, "answers when it is back");
        await api.WaitAsync(async () => (await ReadyzAsync(api)).Contains("\"ready\"", StringComparison.Ordinal), "/readyz to be content again");

        // Who got in before anybody noticed has waited; everybody else was told to come back.
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, status.ToString()));
        Assert.Equal(2 + statuses.Count(status => status == HttpStatusCode.OK), await RecordedAsync(api));
    }

    [Fact]
    public async Task DiskFull_AtTheLedger_AnswersWaitAndLeaveWhenThereIsRoomOrAreRefusedAndNotBilled()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/prlimit"), "Needs Linux and prlimit (util-linux) to let a disk seem full.");
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        using var process = await ApiProcess.StartAsync(api.StorageSettings, Cancellation, ("Api__LedgerPatience", "00:00:04"));
        await SendAsync(process, key);

        process.FillDisk();
        var waiting = SendAsync(process, key);
        await WaitAsync(async () => (await ReadyzAsync(process)).Contains("waiting to be written down", StringComparison.Ordinal));
        Assert.False(waiting.IsCompleted);
        process.FreeDisk();
        Assert.Equal(HttpStatusCode.OK, await waiting);

        process.FillDisk();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(process, key));
        Assert.Contains("could not be written down", await ReadyzAsync(process), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await process.Client.GetAsync("/healthz", Cancellation)).StatusCode);
        process.FreeDisk();
        await WaitAsync(async () => await SendAsync(process, key) == HttpStatusCode.OK);
        await WaitAsync(async () => (await ReadyzAsync(process)).Contains("\"ready\"", StringComparison.Ordinal));

        await using var context = api.World.Open();
        Assert.Equal(3, await context.UsageRecords.CountAsync(record => record.Status == UsageStatus.Ok, Cancellation));
    }

    private static void Move(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "platform.db*"))
            File.Move(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string text)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<int> RecordedAsync(TestApi api)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.CountAsync(record => record.Status == UsageStatus.Ok, Cancellation);
    }

    private static async Task<string> ReadyzAsync(TestApi api) => await (await api.GetAsync("/readyz")).Content.ReadAsStringAsync(Cancellation);

    private static async Task<string> ReadyzAsync(ApiProcess process)
    {
        using var response = await process.Client.GetAsync("/readyz", Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task<HttpStatusCode> SendAsync(ApiProcess process, IssuedKey key)
    {
        using var request = TestApi.Request(HttpMethod.Post, $"/v1/tasks/{TestTasks.Sentiment}/predict", key);
        request.Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json");
        using var response = await process.Client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "Waited for a minute.");
            await Task.Delay(50, Cancellation);
        }
    }
}
