using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Platform.Api.Serving;
using Platform.Domain.Keys;
using Platform.Domain.Sampling;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Telemetry;

/// <summary>Whatever a caller sends, and however it fails: no text of an input, and no key, is in a log.</summary>
public sealed class LogPrivacyTests
{
    private const string Marker = "zanzibarquokka";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_OfAllKinds_LeaveNoInputTextAndNoKeyInTheLogs()
    {
        var logs = new LogCopy();
        await using var api = await TestApi.StartAsync(
            services =>
            {
                services.RemoveAll<ILoggerProvider>();
                services.AddSingleton<ILoggerProvider>(logs);
                services.AddSingleton<ISharedModelLoader>(new FakeLoader(_ => new FakeModel()));
            },
            ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:LogLevel:System", "Trace"));
        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 1));
        await api.WaitAsync(async () => (await api.Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "the first deployment to serve");
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SampleAsync(api, key);
        logs.Clear();

        string[] bodies =
        [
            $$"""{"inputs":[{"text":"{{Marker}}"}]}""",
            $$"""{"inputs":[{"text":"{{Marker}}"},{"text":"poison"}]}""",
            $$"""{"inputs":[{"text":"{{string.Join(' ', Enumerable.Repeat(Marker, 60))}}"}]}""",
            $$"""{"inputs":[{"text":1,"{{Marker}}":2}]}""",
            $$"""{"inputs":[{"text":"{{Marker}}""",
            $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"user","content":"{{Marker}}"}]}""",
            $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"{{Marker}}","content":"{{Marker}}"}]}""",
            $$"""{"model":"{{TestTasks.Sentiment}}","prompt":"{{Marker}}","stream":true}""",
        ];
        foreach (var path in new[] { $"/v1/tasks/{TestTasks.Sentiment}/predict", "/v1/chat/completions", "/v1/completions", "/v1/models" })
            foreach (var (index, body) in bodies.Index())
            {
                using var request = TestApi.Request(HttpMethod.Post, path, key);
                if (index % 2 == 0)
                    request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{index}{path.Length}");
                request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                await api.Client.SendAsync(request, Cancellation);
            }

        await api.StopAsync();
        Assert.Contains(logs.Lines, line => line.Contains("engine failed on input", StringComparison.Ordinal));
        Assert.All(logs.Lines, line => Assert.DoesNotContain(Marker, line, StringComparison.OrdinalIgnoreCase));
        Assert.All(logs.Lines, line => Assert.DoesNotContain(key.Secret[10..], line, StringComparison.Ordinal));
    }

    /// <summary>Also where texts are kept for review, logs have none.</summary>
    private static async Task SampleAsync(TestApi api, IssuedKey key)
    {
        var owner = Actor.System("owner");
        await api.World.Get<SamplingRules>().TurnOnAsync(owner, TestTasks.Sentiment, 1, 30, Cancellation);
        await api.WaitAsync(
            async () =>
            {
                await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = new[] { new { text = "on?" } } });
                return (await api.World.Get<RequestSamples>().ListAsync(owner, TestTasks.Sentiment, SampleOrder.Newest, 0, 1, Cancellation)).Value.Total > 0;
            }, "sampling to begin");
    }

    private sealed class LogCopy : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> lines = [];

        public IReadOnlyCollection<string> Lines => lines;

        public void Clear() => lines.Clear();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lines.Enqueue($"{formatter(state, exception)} {exception}");
            if (state is IEnumerable<KeyValuePair<string, object?>> values)
                foreach (var value in values)
                    lines.Enqueue($"{value.Key}={value.Value}");
        }

        public void Dispose()
        {
        }
    }
}
