using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Bundles;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Cli.Bundles;

/// <summary>What happened to one bundle.</summary>
internal sealed record BundleOutcome(string Bundle, string Team, ImportedBundle? Imported, IReadOnlyList<string> Problems);

/// <summary>Imports one bundle, a folder of bundles, or a whole workspace. A bad bundle keeps no other one out.</summary>
internal sealed class BundleImporter(PlatformSession session, Actor actor)
{
    private readonly BundleImport bundles = session.Get<BundleImport>();
    private readonly TeamDirectory teams = session.Get<TeamDirectory>();

    public async Task<IReadOnlyList<BundleOutcome>> ImportAsync(string folder, string? team, Action<BundleOutcome> done, CancellationToken cancellationToken)
    {
        List<BundleOutcome> outcomes = [];
        foreach (var (bundle, owner) in await PlanAsync(folder, team, cancellationToken))
        {
            var result = await bundles.ImportAsync(actor, owner.Id, bundle, cancellationToken);
            var outcome = new BundleOutcome(bundle, owner.Name, result.IsSuccess ? result.Value : null, [.. result.Errors.Select(error => $"{bundle}: {error.Message}")]);
            outcomes.Add(outcome);
            done(outcome);
        }

        return outcomes;
    }

    private async Task<List<(string Bundle, Team Owner)>> PlanAsync(string folder, string? team, CancellationToken cancellationToken)
    {
        if (team is null && WorkspaceFile.IsIn(folder))
            return await PlanWorkspaceAsync(folder, cancellationToken);
        if (team is null)
            throw new CommandFailure($"--team is missing: '{folder}' has no {WorkspaceFile.FileName} that names the owners. Say which team owns the tasks; it is made when it does not exist.");
        var owner = await EnsureTeamAsync(team, team, cancellationToken);
        return [.. BundleFolder.Find(folder).OrFail().Select(bundle => (bundle, owner))];
    }

    private async Task<List<(string Bundle, Team Owner)>> PlanWorkspaceAsync(string folder, CancellationToken cancellationToken)
    {
        List<(string, Team)> plan = [];
        foreach (var team in WorkspaceFile.Read(folder).Teams)
        {
            var owner = await EnsureTeamAsync(team.Name, team.DisplayName ?? team.Name, cancellationToken);
            plan.AddRange(team.Bundles.Select(bundle => (Path.Combine(folder, bundle), owner)));
        }

        return plan;
    }

    private async Task<Team> EnsureTeamAsync(string name, string displayName, CancellationToken cancellationToken)
    {
        var known = await teams.FindAsync(actor, name, cancellationToken);
        return known.IsSuccess ? known.Value : (await teams.CreateAsync(actor, name, displayName, cancellationToken)).OrFail();
    }
}
