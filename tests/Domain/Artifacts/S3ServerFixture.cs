using Platform.TestStorage;

namespace Platform.Domain.Tests.Artifacts;

/// <summary>One server for all tests of a class; each test has keys of its own on it.</summary>
public sealed class S3ServerFixture : IAsyncLifetime
{
    private S3Server? server;

    /// <summary>Skips the test, saying why, where there is none.</summary>
    public async Task<S3Server> ServerAsync()
    {
        if (await S3Server.ProblemAsync() is { } problem)
            Assert.Skip($"No S3-compatible server could be had, so nothing was stored on one: {problem}");
        await server!.EnsureRunningAsync();
        return server;
    }

    public async ValueTask InitializeAsync() => server = await S3Server.ProblemAsync() is null ? await S3Server.StartAsync() : null;

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
