[assembly: AssemblyFixture(typeof(Platform.Api.Tests.ServingFixture))]

namespace Platform.Api.Tests;

/// <summary>One Api that serves the tiny model, for all tests that only call it. Each test issues its own keys.</summary>
public sealed class ServingFixture : IAsyncLifetime
{
    internal TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await TestApi.StartServingAsync();

    public async ValueTask DisposeAsync()
    {
        if (Api is not null)
            await Api.DisposeAsync();
    }
}
