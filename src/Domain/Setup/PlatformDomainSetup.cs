using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Domain.Artifacts;
using Platform.Domain.Audit;
using Platform.Domain.Batches;
using Platform.Domain.Budgets;
using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Costs;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Deployments;
using Platform.Domain.Fleet;
using Platform.Domain.Idempotency;
using Platform.Domain.Invitations;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Domain.Organisations;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.Backups;
using Platform.Domain.Persistence.Moves;
using Platform.Domain.Playground;
using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Sampling;
using Platform.Domain.Savings;
using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;
using Platform.Domain.Teams;
using Platform.Domain.Upstreams;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Domain.WhatIf;

namespace Platform.Domain.Setup;

public static class PlatformDomainSetup
{
    public const string SqliteMigrationsAssembly = "Platform.Migrations.Sqlite";
    public const string PostgresMigrationsAssembly = "Platform.Migrations.Postgres";
    private const string IdleTimeout = "idle_in_transaction_session_timeout";

    /// <summary>Everything of the domain that a host needs: options, database, identity stores and operations.</summary>
    public static IServiceCollection AddPlatformDomain(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DatabaseOptions>().Bind(configuration.GetSection(DatabaseOptions.Section)).ValidateOnStart();
        services.AddOptions<PlatformOptions>().Bind(configuration.GetSection(PlatformOptions.Section)).ValidateOnStart();
        services.AddOptions<ArtifactOptions>().Bind(configuration.GetSection(ArtifactOptions.Section)).ValidateOnStart();
        services.AddOptions<UpstreamCatalog>().Configure(catalog => configuration.GetSection(UpstreamCatalog.Section).Bind(catalog.Engines)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UpstreamCatalog>, ValidateUpstreamCatalog>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DatabaseOptions>, ValidateDatabaseOptions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ArtifactOptions>, ValidateArtifactOptions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PlatformOptions>, ValidatePlatformOptions>());
        services.TryAddSingleton(TimeProvider.System);

        services.AddDbContextFactory<PlatformDbContext>((provider, builder) => Configure(
            builder,
            provider.GetRequiredService<IOptions<DatabaseOptions>>().Value,
            provider.GetRequiredService<IOptions<PlatformOptions>>().Value));

        services.AddIdentityCore<User>(ConfigureIdentity)
            .AddRoles<IdentityRole<Guid>>()
            .AddEntityFrameworkStores<PlatformDbContext>()
            .AddUserStore<AccountStore>()
            .AddTokenProvider<SingleUseAuthenticator>(TokenOptions.DefaultAuthenticatorProvider);
        services.AddScoped(provider => (AccountStore)provider.GetRequiredService<IUserStore<User>>());
        return services.AddSharedKeys().AddOperations();
    }

    private static void Configure(DbContextOptionsBuilder builder, DatabaseOptions database, PlatformOptions platform)
    {
        if (database.Provider == DatabaseOptions.Postgres)
            builder.UsePlatformPostgres(database.ConnectionString!);
        else if (string.IsNullOrWhiteSpace(database.ConnectionString))
            builder.UsePlatformSqlite($"Data Source={Path.Combine(platform.DataFolder, "platform.db")}");
        else
            builder.UsePlatformSqlite(database.ConnectionString);
    }

    /// <summary>PostgreSQL as the platform uses it; design-time tools and tests go the same way.</summary>
    public static DbContextOptionsBuilder UsePlatformPostgres(this DbContextOptionsBuilder builder, string connectionString)
    {
        // A process that stands still in the middle of a transaction must not make all others wait for its locks.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { PersistSecurityInfo = true };
        if (settings.Options?.Contains(IdleTimeout, StringComparison.Ordinal) != true)
            settings.Options = $"{settings.Options} -c {IdleTimeout}=30000".TrimStart();

        // The provider's own strategy hides every passing fault in an InvalidOperationException; hosts look for the fault itself.
        return builder.UseNpgsql(settings.ConnectionString, postgres => postgres
            .MigrationsAssembly(PostgresMigrationsAssembly)
            .ExecutionStrategy(dependencies => new NonRetryingExecutionStrategy(dependencies)));
    }

    /// <summary>SQLite as the platform uses it; design-time tools and tests go the same way.</summary>
    public static DbContextOptionsBuilder UsePlatformSqlite(this DbContextOptionsBuilder builder, string connectionString) => builder
        .UseSqlite(connectionString, sqlite => sqlite.MigrationsAssembly(SqliteMigrationsAssembly))
        .AddInterceptors(new SqliteConnectionSetup());

    private static void ConfigureIdentity(IdentityOptions options)
    {
        options.User.RequireUniqueEmail = true;

        // Length is what makes a password strong; character classes only make it harder to remember.
        options.Password.RequiredLength = 12;
        options.Password.RequireDigit = false;
        options.Password.RequireLowercase = false;
        options.Password.RequireUppercase = false;
        options.Password.RequireNonAlphanumeric = false;
        options.Lockout.MaxFailedAccessAttempts = 10;
    }

    private static IServiceCollection AddOperations(this IServiceCollection services) => services
        .AddSingleton<DatabaseMove>()
        .AddSingleton<InstallationBackup>()
        .AddSingleton<AuditTrail>()
        .AddSingleton<WorkClaims>()
        .AddSingleton<HostProcesses>()
        .AddSingleton<WorkInLine>()
        .AddSingleton<TeamDirectory>()
        .AddSingleton<UserAccounts>()
        .AddSingleton<TwoStepSignIn>()
        .AddSingleton<InvitationBook>()
        .AddSingleton<OrganisationBook>()
        .AddSingleton<TaskCatalog>()
        .AddSingleton<DefinitionHistory>()
        .AddSingleton<ArtifactStore>()
        .AddSingleton<ArtifactCleanup>()
        .AddSingleton<ArtifactPush>()
        .AddSingleton<DatasetUploads>()
        .AddSingleton<DatasetQueries>()
        .AddSingleton<RowBrowser>()
        .AddSingleton<DatasetRevisions>()
        .AddSingleton<RevisionWriting>()
        .AddSingleton<LabelLifeCycle>()
        .AddSingleton<LabelCatalog>()
        .AddSingleton<Playgrounds>()
        .AddSingleton<DatasetIntakes>()
        .AddSingleton<IntakeReading>()
        .AddSingleton<DatasetChecks>()
        .AddSingleton<BundleImport>()
        .AddSingleton<BundleExport>()
        .AddSingleton<RunPlanning>()
        .AddSingleton<RunExports>()
        .AddSingleton<RunPauses>()
        .AddSingleton<RunForecasts>()
        .AddSingleton<RunJournal>()
        .AddSingleton<RunQueries>()
        .AddSingleton<RunLine>()
        .AddSingleton<FilterOverrides>()
        .AddSingleton<FilterContests>()
        .AddSingleton<WhatIfEstimates>()
        .AddSingleton<BaselineCache>()
        .AddSingleton<KeyAllowances>()
        .AddSingleton<ModelRegistry>()
        .AddSingleton<TaskReports>()
        .AddSingleton<DeploymentApproval>()
        .AddSingleton<DeploymentHistory>()
        .AddSingleton<SignOffs>()
        .AddSingleton<DeploymentRollout>()
        .AddSingleton<DeploymentTrials>()
        .AddSingleton<RollBacks>()
        .AddSingleton<TrialComparisons>()
        .AddSingleton<DeploymentTraffic>()
        .AddSingleton<ApiKeys>()
        .AddSingleton<KeyRotation>()
        .AddSingleton<FileStore>()
        .AddSingleton<BatchBook>()
        .AddSingleton<IdempotentRequests>()
        .AddSingleton<SamplingRules>()
        .AddSingleton<SampleProtection>()
        .AddSingleton<SampleDeletion>()
        .AddSingleton<RequestSamples>()
        .AddSingleton<UsageLedger>()
        .AddSingleton<UsageQuery>()
        .AddSingleton<LatencyQuery>()
        .AddSingleton<EngineSessions>()
        .AddSingleton<OverheadQuery>()
        .AddSingleton<RecordedTraffic>()
        .AddSingleton<SavingBook>()
        .AddSingleton<TaskSavings>()
        .AddSingleton<RateBook>()
        .AddSingleton<IdleRules>()
        .AddSingleton<CostQuery>()
        .AddSingleton<BudgetBook>()
        .AddSingleton<BudgetLeases>();
}
