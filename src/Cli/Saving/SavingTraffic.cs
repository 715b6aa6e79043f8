using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Datasets;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Cli.Saving;

/// <summary>The traffic that is replayed, and where it came from, in words.</summary>
internal sealed record SavingTraffic(IReadOnlyList<TrafficRequest> Requests, string Source)
{
    private const int Seed = 17;

    public static SavingTraffic FromFile(string path, IReadOnlySet<string> tasks)
    {
        var requests = TrafficRequest.Read(path, tasks);
        return new SavingTraffic(requests, Text($"{requests.Count:N0} requests given in {Path.GetFileName(path)}"));
    }

    /// <summary>
    /// What the ledger has: the moments, tasks and numbers of inputs of the newest requests. It keeps no texts, so those are drawn from the rows that
    /// the version was tested on.
    /// </summary>
    public static async Task<SavingTraffic> RecordedAsync(PlatformSession session, ModelVersion version, DateTimeOffset from, DateTimeOffset to, int most, CancellationToken cancellationToken)
    {
        var texts = await TextsAsync(session, version, cancellationToken);
        var recorded = await session.Get<RecordedTraffic>().ReadAsync(from, to, texts.Keys, most, cancellationToken);
        if (recorded.Count == 0)
            throw new CommandFailure($"The ledger has no request of this version's tasks from {from:u} to {to:u}. Choose another --from, or give a traffic with --traffic FILE.");
        var random = new Random(Seed);
        List<TrafficRequest> requests = [];
        foreach (var request in recorded)
        {
            for (var i = 0; i < request.Inputs; i++)
            {
                var (text, text2) = texts[request.Task][random.Next(texts[request.Task].Count)];
                requests.Add(new TrafficRequest((request.At - recorded[0].At).TotalSeconds, request.Task, text, text2));
            }
        }

        return new SavingTraffic(requests, Text(
            $"{recorded.Count:N0} requests with {requests.Count:N0} inputs and {recorded.Sum(request => request.PromptTokens):N0} prompt tokens, as the ledger has them from {recorded[0].At:u} to {recorded[^1].At:u}; their texts, which are not kept, drawn from the tasks' test rows"));
    }

    private static async Task<Dictionary<string, List<(string Text, string? Text2)>>> TextsAsync(PlatformSession session, ModelVersion version, CancellationToken cancellationToken)
    {
        await using var context = await session.Get<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync(cancellationToken);
        var served = version.Evaluations.Select(evaluation => evaluation.TaskId).ToList();
        var tasks = await context.RunTasks.AsNoTracking().Where(task => task.RunId == version.RunId && served.Contains(task.TaskId))
            .Select(task => new { task.Task!.Name, task.DatasetVersion!.ArtifactPath }).ToListAsync(cancellationToken);
        var texts = new Dictionary<string, List<(string, string?)>>(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            texts[task.Name] = [];
            using var files = (await session.Get<ArtifactStore>().OpenAsync(task.ArtifactPath, cancellationToken)).OrFail();
            await foreach (var row in DatasetRow.ReadAsync(files.Path, Split.Test, cancellationToken).WithCancellation(cancellationToken))
                texts[task.Name].Add((row.Text, row.Text2));
        }

        return texts;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
