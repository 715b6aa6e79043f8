using Microsoft.Extensions.Options;
using Platform.Api.Requests;
using Platform.Api.Setup;
using Platform.Domain.Tasks.Labels;
using Platform.Engine.Generation;

namespace Platform.Api.Labels;

/// <summary>
/// Gives callers the label names that they know: an application that was built for a task's earlier names goes on getting them, whatever the
/// model that serves was trained with. Read from the database again and again.
/// </summary>
internal sealed partial class CallerLabels(LabelCatalog catalog, IOptions<ApiOptions> options, TimeProvider clock, ILogger<CallerLabels> logger) : BackgroundService
{
    private volatile KnownLabels known = KnownLabels.None;

    /// <returns>By the model's label; null when the caller reads them as they are.</returns>
    public IReadOnlyDictionary<string, string>? NamesFor(TaskCall call) =>
        call.Task.Spec.IsClosed ? known.NamesFor(call.Task.Id, call.Key.KeyId, call.Task.Spec.Labels) : null;

    /// <summary>Where several labels have one name for the caller, their probabilities add up.</summary>
    public static Answer Translate(Answer answer, IReadOnlyDictionary<string, string> names)
    {
        List<LabelScore> alternatives = [.. answer.Alternatives.GroupBy(label => names.GetValueOrDefault(label.Output, label.Output), StringComparer.Ordinal)
            .Select(group => new LabelScore(group.Key, group.Sum(label => label.Probability))).OrderByDescending(label => label.Probability)];

        // What was drawn stays what was drawn; only where the best label was taken, the best name is.
        var wasBest = answer.Alternatives.Count > 0 && answer.Alternatives[0].Output == answer.Output;
        var output = wasBest ? alternatives[0].Output : names.GetValueOrDefault(answer.Output, answer.Output);
        var score = alternatives.Find(label => label.Output == output)?.Probability ?? answer.Score;
        return answer with { Output = output, Score = score, Alternatives = alternatives };
    }

    /// <summary>A streamed label comes as one piece.</summary>
    public static Action<int, TextDelta>? Translate(Action<int, TextDelta>? onDelta, IReadOnlyDictionary<string, string>? names) => onDelta is null || names is null
        ? onDelta
        : (index, delta) => onDelta(index, names.TryGetValue(delta.Text, out var name) ? delta with { Text = name } : delta);

    /// <summary>What is in the database is known before the first request is answered.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await ReadAsync(stoppingToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            known = await catalog.ReadAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database is away for a moment: what was known goes on holding.
            LogReadFailed(exception);
        }
    }
}
