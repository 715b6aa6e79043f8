using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Results;
using Platform.Domain.Usage;

namespace Platform.Cli.Deployments;

/// <summary>What serves, what is on trial, and the way back.</summary>
internal static class DeploymentsCommand
{
    private static readonly Argument<int> Number = new("DEPLOYMENT") { Description = "The deployment's number" };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the audit log", HelpName = "TEXT", Required = true };

    public static Command Create() => new("deployments", "Deployments, their trials and roll-backs") { List(), Show(), Share(), Promote(), End(), RollBack(), Lift() };

    private static Command List()
    {
        var command = new Command("list", "All deployments, newest first, and the tasks that are rolled back");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var deployments = await session.Get<DeploymentApproval>().ListAsync(cancellationToken);
            var pins = await session.Get<RollBacks>().ListAsync(cancellationToken);
            output.Result(new { deployments = deployments.Select(DeploymentTables.AsJson), rolled_back = pins.Select(DeploymentTables.AsJson) }, () =>
            {
                output.Console.Write(DeploymentTables.Deployments(deployments));
                foreach (var pin in pins)
                    output.Line($"{pin.Task!.Name} is answered by deployment {pin.Deployment!.Number}: {pin.Reason} ({pin.PinnedByName})");
            });
        });
        return command;
    }

    private static Command Show()
    {
        var command = new Command("show", "A deployment, its parity certificate, and on trial how it compares with what is live") { Number };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var deployment = await FindAsync(session, parsed, cancellationToken);
            var certificate = deployment.CertificateJson is { } json ? ParityCertificate.Parse(json) : null;
            var comparisons = await session.Get<TrialComparisons>().ListAsync(deployment.Id, cancellationToken);
            var live = (await session.Get<DeploymentRollout>().FindLiveAsync(cancellationToken))?.Id ?? deployment.Id;
            var traffic = deployment.TrialAt is { } since ? await session.Get<DeploymentTraffic>().SinceAsync([deployment.Id, live], since, cancellationToken) : [];
            output.Result(
                new { deployment = DeploymentTables.AsJson(deployment), certificate, deployment.CertificateSha256, shadow = comparisons.Select(DeploymentTables.AsJson), traffic },
                () => DeploymentTables.Write(output, deployment, certificate, comparisons, traffic));
        });
        return command;
    }

    private static Command Share()
    {
        var rollout = new RolloutOptions();
        var command = Change("share", "Give a trial another share of the traffic", async (session, deployment, parsed, reason, cancellationToken) =>
            await session.Get<DeploymentTrials>().ChangeAsync(session.Actor, deployment.Id, await rollout.ReadAsync(session, parsed, cancellationToken), reason, cancellationToken));
        rollout.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(rollout.Canary) is null && result.GetValue(rollout.Shadow) is null)
                result.AddError("Give --canary PERCENT or --shadow PERCENT; for all traffic: platform deployments promote.");
        });
        return command;
    }

    private static Command Promote() => Change("promote", "Let a trial replace what is live", (session, deployment, _, reason, cancellationToken) =>
        session.Get<DeploymentTrials>().PromoteAsync(session.Actor, deployment.Id, reason, cancellationToken));

    private static Command End() => Change("end", "End a trial: all requests go to what is live again", (session, deployment, _, reason, cancellationToken) =>
        session.Get<DeploymentTrials>().EndAsync(session.Actor, deployment.Id, reason, cancellationToken));

    private static Command RollBack()
    {
        var task = new Option<string?>("--task") { Description = "Only this task; default: everything", HelpName = "TASK" };
        var to = new Option<int?>("--to") { Description = "With --task: the deployment that answers it; default: the one that was live before", HelpName = "DEPLOYMENT" };
        var command = new Command("roll-back", "One step back: bring back what was live before, or let it answer one task") { task, to, Reason, CommonOptions.As };
        command.Validators.Add(result =>
        {
            if (result.GetValue(to) is not null && result.GetValue(task) is null)
                result.AddError("--to needs --task TASK; everything goes back to what was live before.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var rollBacks = session.Get<RollBacks>();
            var reason = parsed.GetRequiredValue(Reason);
            if (parsed.GetValue(task) is { } name)
            {
                (await rollBacks.TaskAsync(session.Actor, name, parsed.GetValue(to), reason, cancellationToken)).OrFail();
                var pin = (await rollBacks.ListAsync(cancellationToken)).Single(found => found.Task!.Name == name);
                output.Result(DeploymentTables.AsJson(pin), () => output.Line($"Deployment {pin.Deployment!.Number} answers {name} as soon as it is loaded. Lift it with: platform deployments lift {name}"));
                return ExitCodes.Done;
            }

            var back = (await rollBacks.EverythingAsync(session.Actor, reason, cancellationToken)).OrFail();
            var live = await new DeploymentWait(session).UntilServingAsync(back.Number, output.Errors.WriteLine, cancellationToken);
            output.Result(DeploymentTables.AsJson(live), () => output.Line($"Deployment {live.Number} (model version {live.ModelVersion!.Number}) is live again."));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Lift()
    {
        var task = new Argument<string>("TASK") { Description = "The task's name" };
        var command = new Command("lift", "Let what is live answer a task again that was rolled back") { task, Reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var name = parsed.GetRequiredValue(task);
            var lifted = await session.Get<RollBacks>().LiftAsync(session.Actor, name, parsed.GetRequiredValue(Reason), cancellationToken);
            if (lifted.IsFailure)
                throw new CommandFailure(lifted.Summary);
            output.Result(new { task = name }, () => output.Line($"What is live answers {name} again."));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Change(
        string name, string description, Func<PlatformSession, Deployment, ParseResult, string, CancellationToken, Task<Result<Deployment>>> change)
    {
        var command = new Command(name, description) { Number, Reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var found = await FindAsync(session, parsed, cancellationToken);
            var changed = (await change(session, found, parsed, parsed.GetRequiredValue(Reason), cancellationToken)).OrFail($"deployment {found.Number}");
            output.Result(DeploymentTables.AsJson(changed), () => output.Line($"Deployment {changed.Number} is {DeploymentTables.Standing(changed)}."));
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<Deployment> FindAsync(PlatformSession session, ParseResult parsed, CancellationToken cancellationToken) =>
        (await session.Get<DeploymentApproval>().FindAsync(parsed.GetValue(Number), cancellationToken)).OrFail();
}
