using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Tasks;

namespace Platform.Cli.Deployments;

/// <summary>Which traffic meets a deployment: --canary PERCENT or --shadow PERCENT, and shares of single tasks.</summary>
internal sealed class RolloutOptions
{
    public Option<int?> Canary { get; } = new("--canary") { Description = "Let it answer so many percent of the requests, beside what is live", HelpName = "PERCENT" };

    public Option<int?> Shadow { get; } = new("--shadow") { Description = "Send it copies of so many percent of the requests, and compare the answers", HelpName = "PERCENT" };

    public Option<string[]> Share { get; } = new("--share") { Description = "A task with another share, such as trec=40; repeat for more", HelpName = "TASK=PERCENT" };

    public void AddTo(Command command)
    {
        command.Options.Add(Canary);
        command.Options.Add(Shadow);
        command.Options.Add(Share);
        command.Validators.Add(Check);
    }

    /// <summary>All traffic when neither is given.</summary>
    public async Task<RolloutPlan> ReadAsync(PlatformSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var (canary, shadow) = (parsed.GetValue(Canary), parsed.GetValue(Shadow));
        if (canary is null && shadow is null)
            return RolloutPlan.Full;
        List<TaskShare> tasks = [];
        foreach (var share in parsed.GetValue(Share) ?? [])
        {
            var (name, percent) = Split(share)!.Value;
            tasks.Add(new TaskShare((await session.Get<TaskCatalog>().FindAsync(session.Actor, name, cancellationToken)).OrFail().Id, percent));
        }

        return new RolloutPlan(canary is null ? RolloutMode.Shadow : RolloutMode.Canary, (canary ?? shadow)!.Value, tasks);
    }

    private void Check(CommandResult result)
    {
        if (result.GetValue(Canary) is not null && result.GetValue(Shadow) is not null)
            result.AddError("Give only one of --canary and --shadow.");
        var shares = result.GetValue(Share) ?? [];
        if (shares.Length > 0 && result.GetValue(Canary) is null && result.GetValue(Shadow) is null)
            result.AddError("--share needs --canary PERCENT or --shadow PERCENT for the other tasks; 0 leaves them out.");
        foreach (var share in shares.Where(share => Split(share) is null))
            result.AddError($"--share {share}: write TASK=PERCENT, such as trec=40.");
    }

    private static (string Task, int Percent)? Split(string share) =>
        share.Split('=') is [{ Length: > 0 } task, var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? (task, percent) : null;
}
