using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;

namespace Platform.Api.Tests.Faults;

/// <summary>Clients on real sockets that ask for much and read little or nothing of it.</summary>
public sealed class SlowClientTests
{
    /// <summary>An answer far larger than what the system's socket buffers take.</summary>
    private static readonly string Long = string.Join(' ', Enumerable.Repeat("a long word", 20_000));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/tasks/guest-reply/predict", false)]
    [InlineData("/v1/completions", true)]
    public async Task Client_ThatNeverReads_IsBilledCutOffAndDelaysNobody(string path, bool isStream)
    {
        var model = new FakeModel { Answer = Long, StepsFor = text => isStream && text == "much" ? 100 : 1 };
        var (api, address) = await TestApi.StartListeningAsync(new FakeLoader(_ => model), ("Api:MinReadBytesPerSecond", "1000000"));
        await using var running = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var inputs = string.Join(',', Enumerable.Repeat("""{"text":"much"}""", 100));
        var body = isStream ? """{"model":"guest-reply","prompt":"much","stream":true}""" : $$"""{"inputs":[{{inputs}}]}""";

        using var client = await AskAsync(address, key, path, body);
        await api.WaitAsync(async () => await RecordedAsync(api) == 1, "the request to be billed");
        for (var i = 0; i < 20; i++)
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}"""));

        // The server has given up on it; what was on its way by then is less than all of it.
        await Task.Delay(TimeSpan.FromSeconds(12), Cancellation); // how long nobody reads is what is tested
        var received = await ReadToEndAsync(client);
        Assert.True(received < 100L * Long.Length, $"{received} bytes");
        Assert.Equal(0, model.Inputs);
        Assert.Equal("ready", (string?)(await TestApi.BodyAsync(await api.GetAsync("/readyz")))["status"]);
        await using var context = api.World.Open();
        Assert.Equal(21, await context.UsageRecords.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Client_ThatReadsSlowly_GetsAllOfItAndDelaysNobody()
    {
        var (api, address) = await TestApi.StartListeningAsync(new FakeLoader(_ => new FakeModel { Answer = Long }));
        await using var running = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var inputs = string.Join(',', Enumerable.Repeat("""{"text":"much"}""", 100));

        using var client = await AskAsync(address, key, "/v1/tasks/guest-reply/predict", $$"""{"inputs":[{{inputs}}]}""");
        var received = 0L;
        var buffer = new byte[256 * 1024];
        for (var round = 0; round < 30; round++)
        {
            received += await client.ReceiveAsync(buffer, Cancellation);
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}"""));
        }

        received += await ReadToEndAsync(client);
        Assert.True(received > 100L * Long.Length, $"{received} bytes");
    }

    [Fact]
    public async Task Client_ThatSendsItsBodySlowly_DelaysNobody()
    {
        var (api, address) = await TestApi.StartListeningAsync(new FakeLoader(_ => new FakeModel()));
        await using var running = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        using var client = await AskAsync(address, key, $"/v1/tasks/{TestTasks.Sentiment}/predict", """{"inputs":[{"te""", declared: 1000);
        for (var i = 0; i < 20; i++)
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}"""));
        var answer = new byte[4096];
        var length = await client.ReceiveAsync(answer, Cancellation);

        Assert.Contains(" 408 ", Encoding.ASCII.GetString(answer, 0, length).Split('\n')[0], StringComparison.Ordinal);
    }

    private static async Task<Socket> AskAsync(Uri address, IssuedKey key, string path, string body, int? declared = null)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await client.ConnectAsync(IPAddress.Loopback, address.Port, Cancellation);
        var request = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key.Secret}\r\nContent-Type: application/json\r\nContent-Length: {declared ?? Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";
        await client.SendAsync(Encoding.UTF8.GetBytes(request), Cancellation);
        return client;
    }

    private static async Task<long> ReadToEndAsync(Socket client)
    {
        var buffer = new byte[1 << 16];
        var total = 0L;
        try
        {
            for (int read; (read = await client.ReceiveAsync(buffer, Cancellation)) > 0;)
                total += read;
        }
        catch (SocketException)
        {
            // Reset: the server has given up.
        }

        return total;
    }

    private static async Task<int> RecordedAsync(TestApi api)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.CountAsync(Cancellation);
    }
}
