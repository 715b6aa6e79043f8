using Hangfire;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using Platform.Domain.Setup;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Hosting;

/// <summary>Where Hangfire keeps its queues, and which of them this host works on.</summary>
internal static class JobQueues
{
    public static IReadOnlyList<string> All { get; } = [Dispatcher.ChecksQueue, Dispatcher.PlaygroundQueue, Dispatcher.RunsQueue, Dispatcher.ForecastsQueue];

    /// <summary>Names that cannot be meant are left to the validation of the options, which stops the host.</summary>
    public static IReadOnlyList<string> Chosen(JobsOptions options) =>
        Named(options) is { Count: > 0 } named ? [.. All.Where(named.Contains)] : All;

    public static IReadOnlyList<string> Unknown(JobsOptions options) => [.. Named(options).Except(All)];

    public static void Use(IGlobalConfiguration hangfire, DatabaseOptions database)
    {
        if (database.Provider == DatabaseOptions.Postgres)
            hangfire.UsePostgreSqlStorage(postgres => postgres.UseNpgsqlConnection(database.ConnectionString), new PostgreSqlStorageOptions
            {
                QueuePollInterval = TimeSpan.FromSeconds(1),

                // A job that its host took with it to the grave comes back after this long; one that runs says so all the time.
                InvisibilityTimeout = TimeSpan.FromMinutes(5),
                UseSlidingInvisibilityTimeout = true,
            });
        else
            hangfire.UseInMemoryStorage(new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromDays(1) });
    }

    private static List<string> Named(JobsOptions options) =>
        [.. (options.Queues ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => name.ToLowerInvariant())];
}
