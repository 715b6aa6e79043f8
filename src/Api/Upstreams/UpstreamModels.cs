using Microsoft.Extensions.Options;
using Platform.Api.Health;
using Platform.Domain.Upstreams;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>Connects deployments with the engines outside that serve them.</summary>
internal sealed class UpstreamModels(IOptions<UpstreamCatalog> catalog, ServiceProblems problems, TimeProvider clock)
{
    /// <summary>By how much scores may differ from the evaluated model's.</summary>
    /// <param name="name">Of the engine.</param>
    public double ToleranceOf(string name) => Find(name).ScoreTolerance;

    /// <summary>In words, for the certificate.</summary>
    /// <param name="name">Of the engine.</param>
    public string Describe(string name) => $"{Find(name).Kind} '{name}'";

    /// <param name="name">Of the engine.</param>
    /// <param name="version">Number of the model version.</param>
    /// <param name="folder">Its files: tasks and tokenizer are read, weights are not.</param>
    /// <exception cref="UpstreamException">The engine is away, or does not have the model.</exception>
    public async Task<UpstreamModel> OpenAsync(string name, int version, string folder, CancellationToken cancellationToken)
    {
        var options = Find(name);
        var tasks = RemoteTasks.Load(folder);
        var client = new UpstreamClient(name, options);
        try
        {
            var engine = Engine(client, options, tasks, version);
            await engine.ProbeAsync(cancellationToken);
            return new UpstreamModel(tasks, engine, new UpstreamHealth(name, engine, problems, clock), options, clock, client.Dispose);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static IUpstreamEngine Engine(UpstreamClient client, UpstreamOptions options, RemoteTasks tasks, int version)
    {
        List<string> adapters = [.. tasks.Tasks.Values.Where(task => task.Adapter is not null).Select(task => task.Spec.Name)];
        switch (options.Kind)
        {
            case UpstreamOptions.Vllm:
                var vllm = new VllmTokens(client, options.ModelOf(version));
                return new TokenEngine(tasks, vllm, cancellation => vllm.ProbeAsync(adapters, cancellation));
            case UpstreamOptions.Sglang:
                var sglang = new SglangTokens(client);
                return new TokenEngine(tasks, sglang, sglang.ProbeAsync);
            case UpstreamOptions.LlamaCpp:
                var llama = new LlamaCppTokens(client);
                return new TokenEngine(tasks, llama, cancellation => llama.ProbeAsync(adapters, cancellation));
            default:
                return new PlatformEngine(client, tasks);
        }
    }

    private UpstreamOptions Find(string name) => catalog.Value.Engines.TryGetValue(name, out var options)
        ? options
        : throw new UpstreamException($"The engine '{name}' is not in this Api's settings. Set Upstreams__{name}__Kind and Upstreams__{name}__Address, as on the other hosts.", isPassing: true);
}
