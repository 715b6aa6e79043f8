using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Platform.Domain.Keys;

namespace Platform.Api.Tests.Security;

/// <summary>Ten thousand requests that are broken in every way we could think of: each is answered with a clear refusal, and the Api goes on.</summary>
public sealed class MalformedRequestTests(ServingFixture fixture)
{
    private const int Requests = 10_000;
    private const int AtOnce = 16;

    private static readonly (string Path, string Body)[] Sound =
    [
        ($"/v1/tasks/{TestTasks.Sentiment}/predict", """{"inputs":[{"id":"a","text":"a room"},{"text":"b"}],"top_k":2}"""),
        ("/v1/chat/completions", $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"user","content":"a room"}],"max_tokens":2,"temperature":0.5,"stop":["x"],"logprobs":true,"top_logprobs":1}"""),
        ("/v1/completions", $$"""{"model":"{{TestTasks.Sentiment}}","prompt":["a room","b"],"max_tokens":2,"logprobs":1,"seed":3}"""),
    ];

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_MalformedBodiesAndHeaders_AreAnsweredWithAClearRefusal()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var statuses = new Dictionary<int, int>();

        for (var first = 0; first < Requests; first += AtOnce)
            foreach (var (seed, status, text) in await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(seed => SendAsync(key, seed))))
            {
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                Assert.True(status is 200 or (>= 400 and < 500), $"Seed {seed}: {status} {text}");
                if (status >= 400)
                    AssertClear(seed, text);
            }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.InRange(statuses.GetValueOrDefault(200), 0, Requests / 4);
        await TestApi.BodyAsync(await api.PostAsync(key, Sound[0].Path, Sound[0].Body));
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync("/readyz")).StatusCode);
    }

    private static void AssertClear(int seed, string text)
    {
        using var body = JsonDocument.Parse(text);
        var root = body.RootElement.TryGetProperty("error", out var error) ? error : body.RootElement;
        var message = root.TryGetProperty("message", out var own) ? own : root.GetProperty("detail");
        Assert.False(string.IsNullOrWhiteSpace(message.GetString()), $"Seed {seed}: {text}");
        Assert.False(string.IsNullOrWhiteSpace(root.GetProperty("code").GetString()), $"Seed {seed}: {text}");
        Assert.DoesNotContain("Platform.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
    }

    private async Task<(int Seed, int Status, string Text)> SendAsync(IssuedKey key, int seed)
    {
        var random = new Random(seed);
        var (path, sound) = Sound[random.Next(Sound.Length)];
        using var request = TestApi.Request(HttpMethod.Post, path, key);
        request.Content = new ByteArrayContent(Broken(random, sound));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(10) > 0 ? "application/json" : Odd(random));
        if (random.Next(8) == 0)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Odd(random));
        if (random.Next(8) == 0)
            request.Headers.TryAddWithoutValidation("X-Request-Deadline-Ms", Odd(random));
        using var response = await api.Client.SendAsync(request, Cancellation);
        return (seed, (int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
    }

    private static byte[] Broken(Random random, string sound)
    {
        var bytes = Encoding.UTF8.GetBytes(sound);
        switch (random.Next(8))
        {
            case 0: // cut
                return bytes[..random.Next(bytes.Length)];
            case 1: // noise
                random.NextBytes(bytes);
                return bytes;
            case 2: // some bytes changed
                for (var i = random.Next(1, 6); i > 0; i--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 3: // depth
                var depth = random.Next(1, 5000);
                return Encoding.UTF8.GetBytes(new string(random.Next(2) == 0 ? '[' : '{', depth) + sound + new string(']', depth));
            case 4: // half a character, or half a pair
                return Encoding.UTF8.GetBytes(sound.Replace("a room", random.Next(2) == 0 ? "\\ud83d" : "\\udc00x", StringComparison.Ordinal));
            case 5: // another value of another type
                return Encoding.UTF8.GetBytes(Replaced(random, sound));
            case 6: // fields twice, or unknown
                return Encoding.UTF8.GetBytes(sound.Insert(1, random.Next(2) == 0 ? "\"inputs\":1,\"model\":2," : $"\"{new string('z', random.Next(1, 3000))}\":null,"));
            default: // long
                return Encoding.UTF8.GetBytes(sound.Replace("a room", new string((char)random.Next(' ', 0xd000), random.Next(1, 60_000)).Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal), StringComparison.Ordinal));
        }
    }

    private static string Replaced(Random random, string sound)
    {
        var root = System.Text.Json.Nodes.JsonNode.Parse(sound)!.AsObject();
        var field = root.Select(property => property.Key).ElementAt(random.Next(root.Count));
        root[field] = random.Next(9) switch
        {
            0 => null,
            1 => -1,
            2 => 1e300,
            3 => "",
            4 => "text",
            5 => true,
            6 => new System.Text.Json.Nodes.JsonArray(),
            7 => new System.Text.Json.Nodes.JsonArray(1, null, "x"),
            _ => new System.Text.Json.Nodes.JsonObject { ["text"] = 1 },
        };
        return root.ToJsonString();
    }

    private static string Odd(Random random) => random.Next(6) switch
    {
        0 => "",
        1 => "application/json; charset=utf-7",
        2 => new string('a', random.Next(1, 1000)),
        3 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        4 => "a b\tc",
        _ => Guid.NewGuid().ToString(),
    };
}
