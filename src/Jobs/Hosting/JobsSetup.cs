using Hangfire;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Fleet;
using Platform.Domain.Runs;
using Platform.Domain.Setup;
using Platform.Jobs.Checks;
using Platform.Jobs.Claims;
using Platform.Jobs.Devices;
using Platform.Jobs.Dispatch;
using Platform.Jobs.Runs;
using Platform.Jobs.Runs.Steps;

namespace Platform.Jobs.Hosting;

internal static class JobsSetup
{
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Hangfire", LogLevel.Warning);
        var services = builder.Services;
        services.AddPlatformDomain(builder.Configuration);
        services.AddOptions<JobsOptions>().Bind(builder.Configuration.GetSection(JobsOptions.Section)).ValidateOnStart();
        services.AddOptions<EngineOptions>().Bind(builder.Configuration.GetSection(EngineOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobsOptions>, ValidateJobsOptions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, ValidateEngineOptions>());
        services.AddSingleton<EngineThread>().AddSingleton<BaseModelPrompts>()
            .AddSingleton<ClaimTaking>().AddSingleton<WorkInHand>().AddSingleton<ClaimedWork>();
        services.AddRunSteps();
        services.AddHeartbeat<JobsReporter>(HostKind.Jobs);
        services.AddHostedService<ArtifactCollector>();
        services.AddDashboardAccess();
        services.AddHealthChecks().AddCheck<DatabaseReadiness>("database");
        services.AddDispatch(builder.Configuration.GetSection(JobsOptions.Section).Get<JobsOptions>() ?? new JobsOptions());
    }

    public static void MapJobs(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHealthChecks("/healthz", new() { Predicate = _ => false });
        app.MapHealthChecks("/readyz");

        // Hangfire's own filter lets every local request in; ours is the policy alone.
        app.MapHangfireDashboard("/hangfire", new DashboardOptions { Authorization = [], DashboardTitle = "Jobs", AppPath = null })
            .RequireAuthorization(DashboardAccess.Policy);
    }

    private static void AddRunSteps(this IServiceCollection services)
    {
        services.AddSingleton<TaskJudge>()
            .AddSingleton<IRunStepWork, CheckDataStep>()
            .AddSingleton<IRunStepWork, BaselineStep>()
            .AddSingleton<IRunStepWork, FilterStep>()
            .AddSingleton<IRunStepWork>(provider => new StageStep(RunStepKind.Stage0, provider.GetRequiredService<EngineThread>(), provider.GetRequiredService<ArtifactStore>()))
            .AddSingleton<IRunStepWork>(provider => new StageStep(RunStepKind.Stage2, provider.GetRequiredService<EngineThread>(), provider.GetRequiredService<ArtifactStore>()))
            .AddSingleton<IRunStepWork>(provider => new StageStep(RunStepKind.Stage3, provider.GetRequiredService<EngineThread>(), provider.GetRequiredService<ArtifactStore>()))
            .AddSingleton<IRunStepWork, AdapterStep>()
            .AddSingleton<IRunStepWork, EvaluateStep>()
            .AddSingleton<IRunStepWork, RegisterStep>();
        services.AddSingleton(provider => new RunExecutor(
            provider.GetRequiredService<RunJournal>(), provider.GetRequiredService<ArtifactStore>(), provider.GetServices<IRunStepWork>(),
            provider.GetRequiredService<IOptions<PlatformOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RunExecutor>>()));
    }

    private static void AddDispatch(this IServiceCollection services, JobsOptions options)
    {
        var patience = TimeSpan.FromSeconds(double.IsFinite(options.ShutdownSeconds) ? Math.Clamp(options.ShutdownSeconds, 1, 3600) : 60);
        services.AddHangfire((provider, hangfire) => JobQueues.Use(hangfire, provider.GetRequiredService<IOptions<DatabaseOptions>>().Value));
        foreach (var queue in JobQueues.Chosen(options))
            AddServer(queue);
        services.AddHostedService<Dispatcher>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = patience + TimeSpan.FromSeconds(10));

        // One worker each: checks wait for checks only, and there is one device.
        void AddServer(string queue) => services.AddHangfireServer(server =>
        {
            server.ServerName = $"{Environment.MachineName}-{queue}".ToLowerInvariant();
            server.Queues = [queue];
            server.WorkerCount = 1;
            server.ShutdownTimeout = patience;
            server.SchedulePollingInterval = TimeSpan.FromSeconds(1);
        });
    }
}
