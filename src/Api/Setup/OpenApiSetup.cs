using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Platform.Api.Keys;
using Platform.Api.Predictions;
using Platform.Api.Problems;
using Platform.Api.Usage;

namespace Platform.Api.Setup;

/// <summary>What the OpenAPI document says beyond what the routes' types say.</summary>
internal static class OpenApiSetup
{
    private const string KeyScheme = "key";

    private const string PredictRequestExample = """
        {"inputs": [{"id": "a", "text": "The room was clean and the staff went out of their way."}, {"id": "b", "text": "We waited an hour for the key."}], "top_k": 2}
        """;

    private const string PredictResponseExample = """
        {"task": "hotel-sentiment", "model_version": 3,
         "predictions": [
           {"id": "a", "output": "positive", "abstained": false, "score": 0.97, "alternatives": [{"output": "positive", "score": 0.97}, {"output": "negative", "score": 0.03}], "finish_reason": "label"},
           {"id": "b", "output": "negative", "abstained": false, "score": 0.91, "alternatives": [{"output": "negative", "score": 0.91}, {"output": "positive", "score": 0.09}], "finish_reason": "label"}],
         "usage": {"prompt_tokens": 61, "cached_tokens": 0, "completion_tokens": 2, "device_ms": 14.2, "cost": {"amount": 0.000007889, "currency": "USD"}}}
        """;

    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new OpenApiInfo
        {
            Title = "Inference API",
            Version = "v1",
            Description = "One shared language model answers many tasks. Name a task, send text, get the answer, its probability and its cost.\n\n"
                + "Errors are RFC 9457 problem details with a stable 'code', a 'traceId' to report and, where a field is at fault, 'errors' that name it.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key from the portal: 'Authorization: Bearer sk-...'. It names the tasks that it may call.",
        };
        return Task.CompletedTask;
    }));

    /// <summary>It says what there is to attack: whoever asks needs a key, unless the setting says otherwise.</summary>
    public static void MapDocument(this WebApplication app, ApiOptions options)
    {
        var group = app.MapGroup("");
        if (!options.PublicOpenApi)
            group.AddEndpointFilter<RouteGroupBuilder, RequireKey>();
        group.MapOpenApi("/openapi/{documentName}.json");
    }

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string tag, string summary, string description) =>
        route.WithTags(tag).WithSummary(summary).WithDescription(description);

    public static RouteGroupBuilder RequiresKey(this RouteGroupBuilder group) => group.AddOpenApiOperationTransformer((operation, context, _) =>
    {
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
        return Task.CompletedTask;
    });

    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            route.Produces<ProblemBody>(status, Problem.ContentType);
        return route;
    }

    public static RouteHandlerBuilder DescribePredict(this RouteHandlerBuilder route) => route
        .Describe("Tasks", "Answer inputs of a task",
            "All inputs are answered, in order, or none. The request's usage and cost are on record before the response is sent. An input that does not fit the model's context is refused, never cut.")
        .Accepts<PredictRequest>("application/json")
        .Produces<PredictResponse>()
        .ProducesProblems(400, 401, 403, 404, 413, 415, 429, 500, 503, 504)
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            if (operation.RequestBody?.Content?.TryGetValue("application/json", out var request) == true)
                request.Example = JsonNode.Parse(PredictRequestExample);
            if (operation.Responses?.TryGetValue("200", out var ok) == true && ok.Content?.TryGetValue("application/json", out var response) == true)
                response.Example = JsonNode.Parse(PredictResponseExample);
            DescribeParameter(operation, "task", "The task's name; GET /v1/models lists them.", "hotel-sentiment");
            return Task.CompletedTask;
        });

    public static RouteHandlerBuilder DescribeUsage(this RouteHandlerBuilder route) => route
        .Describe("Usage", "Usage and cost of the key's team", "Sums over a span of time, by task, team, key or day (UTC), as JSON or CSV. A key sees the tasks of its own team only.")
        .Produces<UsageResponse>(200, "application/json", "text/csv")
        .ProducesProblems(400, 401)
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            DescribeParameter(operation, "from", "First moment, such as 2026-03-01 or 2026-03-01T12:00:00Z; 30 days before 'to' when left out.", "2026-03-01");
            DescribeParameter(operation, "to", "First moment that no longer counts; now when left out.", "2026-04-01");
            DescribeParameter(operation, "group_by", "task (when left out), team, key or day.", "task");
            DescribeParameter(operation, "format", "json (when left out) or csv.", "json");
            return Task.CompletedTask;
        });

    private static void DescribeParameter(OpenApiOperation operation, string name, string description, string example)
    {
        if (operation.Parameters?.FirstOrDefault(found => found.Name == name) is OpenApiParameter parameter)
        {
            parameter.Description = description;
            parameter.Example = example;
        }
    }
}
