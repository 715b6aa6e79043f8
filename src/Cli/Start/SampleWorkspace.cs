using Platform.Cli.Bundles;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <summary>From an empty database to sample tasks that are trained, deployed and called: one part after the other, each only once.</summary>
internal sealed class SampleWorkspace(PlatformSession session, StartOptions options, string folder, Output output)
{
    private static readonly Actor FirstStart = Actor.System("first start");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var progress = SampleProgress.Read(options.DataFolder) ?? await BeginAsync(cancellationToken);
        if (progress is null or { Done: true })
            return;

        await ImportAsync(cancellationToken);
        var (planner, created) = await FirstAccounts.EnsurePlannerAsync(session, cancellationToken);
        if (created is not null)
            output.Line($"A team member for the samples: {created.Email}, one-time password {created.Password}");

        var run = await new SampleRun(session, folder, output).EnsureAsync(progress, Keep, cancellationToken);
        if (run is null)
            return;
        await new SampleDeployment(session, output).EnsureAsync(run, planner, Keep, options, cancellationToken);
        await new SampleTraffic(session, options, output).SendAsync(run, cancellationToken);
        await new CostReport(session, output).ShowAsync(cancellationToken);
        Keep(SampleProgress.Read(options.DataFolder)! with { Done = true });
    }

    /// <returns>Null when the database has tasks or teams of its own: then the samples stay out.</returns>
    private async Task<SampleProgress?> BeginAsync(CancellationToken cancellationToken)
    {
        var tasks = await session.Get<TaskCatalog>().ListAsync(FirstStart, archivedToo: true, cancellationToken);
        var teams = await session.Get<TeamDirectory>().ListAsync(FirstStart, cancellationToken);
        if (tasks.Count > 0 || teams.Count > 0)
            return null;
        var progress = new SampleProgress();
        Keep(progress);
        return progress;
    }

    private async Task ImportAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        await new BundleImporter(session, FirstStart).ImportAsync(folder, team: null, outcome =>
        {
            problems.AddRange(outcome.Problems);
            if (outcome.Imported is { } bundle && (bundle.TaskCreated || bundle.VersionCreated))
                output.Line(ImportCommand.Sentence(bundle));
        }, cancellationToken);
        if (problems.Count > 0)
            throw new CommandFailure(problems);
    }

    private void Keep(SampleProgress progress) => progress.Write(options.DataFolder);
}
