using System.Text.Json;
using Platform.Cli.Serving;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Datasets;
using Platform.Domain.Keys;
using Platform.Domain.Runs;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <summary>Calls every sample task over HTTP with rows of its test split, as an application would, with a key of its own.</summary>
internal sealed class SampleTraffic(PlatformSession session, StartOptions options, Output output)
{
    private const int RequestsPerTask = 4;
    private const int InputsPerRequest = 4;
    private const string KeyName = "first start";
    private static readonly Actor FirstStart = Actor.System("first start");

    public async Task SendAsync(FineTuningRun run, CancellationToken cancellationToken)
    {
        var first = run.Tasks.OrderByDescending(task => task.TrainRows).First();
        var key = (await session.Get<ApiKeys>().IssueAsync(FirstStart, new KeyRequest(KeyName, first.Task!.TeamId, TaskIds: null, ExpiresAt: null), cancellationToken)).OrFail();
        output.Line();
        output.Line($"An API key for all tasks (shown only now): {key.Secret}");
        output.Line("Try it:");
        output.Line(await CurlAsync(first, key.Secret, cancellationToken));
        output.Line();

        using var client = new ApiClient(options.Urls.Api, key.Secret);
        foreach (var task in run.Tasks.OrderBy(task => task.Task!.Name, StringComparer.Ordinal))
            await CallAsync(client, task, cancellationToken);
    }

    private async Task CallAsync(ApiClient client, RunTask task, CancellationToken cancellationToken)
    {
        PredictInput? shown = null;
        PredictedRow? answer = null;
        await foreach (var chunk in InputsAsync(task, RequestsPerTask * InputsPerRequest, cancellationToken).Chunk(InputsPerRequest).WithCancellation(cancellationToken))
        {
            var response = await client.PredictAsync(task.Task!.Name, new PredictRequest(chunk, TopK: null), cancellationToken);
            (shown, answer) = shown is null ? (chunk[0], response.Predictions[0]) : (shown, answer);
        }

        if (shown is not null && answer is not null)
            output.Line($"{task.Task!.Name}: \"{Shorten(shown.Text)}\" -> {answer.Output} ({answer.Score:P0})");
    }

    private async IAsyncEnumerable<PredictInput> InputsAsync(RunTask task, int rows, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var files = (await session.Get<ArtifactStore>().OpenAsync(task.DatasetVersion!.ArtifactPath, cancellationToken)).OrFail();
        await foreach (var row in DatasetRow.ReadAsync(files.Path, Split.Test, cancellationToken).Take(rows).WithCancellation(cancellationToken))
            yield return new PredictInput(row.Id, row.Text, row.Text2);
    }

    private async Task<string> CurlAsync(RunTask task, string secret, CancellationToken cancellationToken)
    {
        var input = await InputsAsync(task, 1, cancellationToken).FirstAsync(cancellationToken);
        var body = JsonSerializer.Serialize(new { inputs = new[] { new { text = input.Text } } }).Replace("'", "'\\''", StringComparison.Ordinal);
        return $"  curl {new Uri(options.Urls.Api, $"/v1/tasks/{task.Task!.Name}/predict")} -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' -d '{body}'";
    }

    private static string Shorten(string text) => text.Length <= 70 ? text : text[..70] + "...";
}
