using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Platform.Api.Keys;
using Platform.Api.Setup;

namespace Platform.Api.Telemetry;

internal static class TelemetrySetup
{
    private const string HttpMeter = "Microsoft.AspNetCore.Hosting";
    private const string HttpSource = "Microsoft.AspNetCore";

    /// <summary>Metrics are kept for /metrics; metrics and traces are sent by OTLP where the standard OTEL_EXPORTER_OTLP_* settings say so.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ApiMetrics>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("platform-api"))
            .WithMetrics(metrics => metrics.AddMeter(ApiMetrics.Name, HttpMeter).AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        if (IsSent(configuration, "TRACES"))
            telemetry.WithTracing(traces => traces.AddSource(ApiMetrics.Name, HttpSource).AddOtlpExporter());
        if (IsSent(configuration, "METRICS"))
            telemetry.WithMetrics(metrics => metrics.AddOtlpExporter());
        return services;
    }

    /// <summary>It tells which tasks there are and how busy they are: whoever asks needs a key, unless the setting says otherwise.</summary>
    public static void MapMetrics(this WebApplication app, ApiOptions options)
    {
        var group = app.MapGroup("");
        if (!options.PublicMetrics)
            group.AddEndpointFilter<RouteGroupBuilder, RequireKey>();
        group.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));
    }

    private static bool IsSent(IConfiguration configuration, string signal) =>
        !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]) || !string.IsNullOrEmpty(configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]);
}
