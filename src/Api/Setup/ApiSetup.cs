using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Platform.Api.Batches;
using Platform.Api.Budgets;
using Platform.Api.Deployments;
using Platform.Api.Fleet;
using Platform.Api.Health;
using Platform.Api.Idempotency;
using Platform.Api.Keys;
using Platform.Api.Labels;
using Platform.Api.Limits;
using Platform.Api.Models;
using Platform.Api.OpenAi;
using Platform.Api.Predictions;
using Platform.Api.Problems;
using Platform.Api.Requests;
using Platform.Api.Sampling;
using Platform.Api.Serving;
using Platform.Api.Telemetry;
using Platform.Api.Upstreams;
using Platform.Api.Usage;
using Platform.Domain.Fleet;
using Platform.Domain.Setup;

namespace Platform.Api.Setup;

internal static class ApiSetup
{
    public static IServiceCollection AddInferenceApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ApiOptions>().Bind(configuration.GetSection(ApiOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ApiOptions>, ValidateApiOptions>());
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        services.AddProblemDetails().AddExceptionHandler<ApiExceptionHandler>();
        services.AddOpenApiDocument();
        return services
            .AddSingleton<KeyVerification>()
            .AddSingleton<RequireKey>()
            .AddSingleton<BodyReader>()
            .AddSingleton<TaskScope>()
            .AddSingleton<CompletionCalls>()
            .AddSingleton<BatchAnswers>()
            .AddSingleton<RequestPipeline>()
            .AddBudgets()
            .AddTelemetry(configuration)
            .AddSingleton<KeyLimits>()
            .AddSingleton<KeyLimitFilter>()
            .AddSingleton<AuthenticationFailures>()
            .AddSingleton<IdempotentCalls>()
            .AddSingleton<IdempotencyFilter>()
            .AddServing();
    }

    private static IServiceCollection AddBudgets(this IServiceCollection services) => services
        .AddHttpContextAccessor()
        .AddSingleton<ServerName>()
        .AddSingleton<DeviceTimeBound>()
        .AddSingleton<RequestBudgets>();

    private static IServiceCollection AddServing(this IServiceCollection services)
    {
        services.AddSingleton<ISharedModelLoader, EngineModelLoader>();
        services.AddSingleton<ServiceProblems>().AddSingleton<ServingState>().AddSingleton<ParityCheck>().AddSingleton<UpstreamModels>().AddSingleton<ModelLoading>().AddSingleton<LoadedDeployments>();

        // Started in this order and stopped in reverse: the engine ends before the ledger, so that nothing answered goes unrecorded.
        return services
            .AddSingletonHosted<KeyUse>()
            .AddSingletonHosted<BudgetGate>()
            .AddSingletonHosted<UsageWriter>()
            .AddSingletonHosted<RunningAnswers>()
            .AddSingletonHosted<TaskSettings>()
            .AddSingletonHosted<CallerLabels>()
            .AddSingletonHosted<SessionLog>()
            .AddSingletonHosted<SampleWriter>()
            .AddSingletonHosted<ExpiredSamples>()
            .AddSingletonHosted<ShadowTraffic>()
            .AddSingletonHosted<EngineThread>()
            .AddSingletonHosted<DeploymentWatcher>()
            .AddSingletonHosted<BatchWorker>()
            .AddSingletonHosted<ExpiredFiles>()
            .AddHeartbeat<ApiReporter>(HostKind.Api);
    }

    public static WebApplication UseInferenceApi(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value;
        app.UseKnownProxies(options.KnownProxies);
        app.UseRequestIds();
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => new Problem(ApiErrors.ForStatus(context.HttpContext.Response.StatusCode, context.HttpContext.Request))
            .ExecuteAsync(context.HttpContext));
        app.MapDocument(options);
        app.MapMetrics(options);
        app.MapGet("/healthz", HealthEndpoints.GetHealth).Describe("Health", "The process is up", "Says nothing about a model; see /readyz.").Produces<Health.Health>();
        app.MapGet("/readyz", HealthEndpoints.GetReadiness).Describe("Health", "Whether requests can be answered", "503 with the reason until a deployment can answer, and while none can be answered because the database cannot be written. 'problems' says what else is wrong.")
            .Produces<Readiness>().ProducesProblems(503);

        var v1 = app.MapGroup("/v1").AddEndpointFilter<RouteGroupBuilder, RequireKey>().RequiresKey();
        // What computes: held to the key's limits, and computed once when the caller names it.
        var limited = v1.MapGroup("").AddEndpointFilter<RouteGroupBuilder, KeyLimitFilter>();
        var computing = limited.MapGroup("").AddEndpointFilter<RouteGroupBuilder, IdempotencyFilter>();
        computing.MapPost("/tasks/{task}/predict", PredictEndpoint.PostAsync).DescribePredict();
        v1.MapGet("/models", ModelsEndpoint.Get).Describe("Tasks", "List the tasks that the key may call", "Only tasks that the running deployment serves.")
            .Produces<ModelList>().ProducesOpenAiErrors(401);
        v1.MapGet("/models/{id}", ModelsEndpoint.FindAsync).Describe("Tasks", "One task that the key may call", "404 when there is none of that name, or none that the key may call.")
            .Produces<ModelItem>().ProducesOpenAiErrors(401, 403, 404);
        computing.MapPost("/chat/completions", CompletionEndpoints.PostChatAsync).DescribeChat();
        computing.MapPost("/completions", CompletionEndpoints.PostTextAsync).DescribeText();
        v1.MapBatches(limited, computing);
        v1.MapGet("/usage", UsageEndpoint.GetAsync).DescribeUsage();
        return app;
    }

    private static IServiceCollection AddSingletonHosted<T>(this IServiceCollection services)
        where T : class, IHostedService => services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}
