using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Cli.Terminal;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;
using Platform.Domain.Users;

namespace Platform.Cli.Session;

/// <summary>The domain's operations on the platform's database, opened for one command.</summary>
internal sealed class PlatformSession : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private PlatformSession(ServiceProvider services, Actor actor)
    {
        this.services = services;
        Actor = actor;
    }

    /// <summary>Who acts: the user named by --as, else the terminal itself.</summary>
    public Actor Actor { get; }

    /// <summary>Settings come from the environment, as for the hosts; --data wins.</summary>
    public static async Task<PlatformSession> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var services = Services(parsed);
        try
        {
            await services.MigratePlatformAsync(cancellationToken);
            return new PlatformSession(services, await ActorAsync(services, ActingAs(parsed), cancellationToken));
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public async Task<Actor> ActorAsync(string email, CancellationToken cancellationToken) => await ActorAsync(services, email, cancellationToken);

    public ValueTask DisposeAsync() => services.DisposeAsync();

    /// <summary>Relative paths are the caller's, so they are resolved before a child process could see them.</summary>
    public static IConfiguration Settings(string? dataFolder)
    {
        var builder = new ConfigurationBuilder().AddEnvironmentVariables();
        if (dataFolder is not null)
            builder.AddInMemoryCollection([new($"{PlatformOptions.Section}:{nameof(PlatformOptions.DataPath)}", Path.GetFullPath(dataFolder))]);
        return builder.Build();
    }

    /// <summary>The domain without a look at the database, for commands that are about the database itself.</summary>
    public static ServiceProvider Services(ParseResult parsed)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPlatformDomain(Settings(parsed.GetValue(CommonOptions.Data)));
        return services.BuildServiceProvider();
    }

    private static string? ActingAs(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Contains(CommonOptions.As) ? parsed.GetValue(CommonOptions.As) : null;

    private static async Task<Actor> ActorAsync(ServiceProvider services, string? email, CancellationToken cancellationToken)
    {
        if (email is null)
            return Actor.System($"terminal ({Environment.UserName})");
        var accounts = services.GetRequiredService<UserAccounts>();
        var user = (await accounts.ListAsync(cancellationToken)).FirstOrDefault(found => string.Equals(found.Email, email, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandFailure(UserErrors.Unknown(email).Message);
        return (await accounts.ActorAsync(user.Id, cancellationToken)).OrFail();
    }
}
