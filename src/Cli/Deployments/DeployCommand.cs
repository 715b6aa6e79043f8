using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Models;

namespace Platform.Cli.Deployments;

/// <summary>Brings a model version to the applications: one identity requests it, another one decides.</summary>
internal static class DeployCommand
{
    private static readonly Argument<int> Version = new("VERSION") { Description = "The model version's number" };
    private static readonly Option<bool> Approve = new("--approve") { Description = "Approve the open request (an admin who did not make it) and wait until it is live" };
    private static readonly Option<bool> Reject = new("--reject") { Description = "Reject the open request" };
    private static readonly Option<string?> Reason = new("--reason") { Description = "The decision's reason, for the audit log", HelpName = "TEXT" };
    private static readonly Option<bool> AcceptLoss = new("--accept-gate-failures") { Description = "Approve although a task loses more than it tolerates" };
    private static readonly Option<bool> AcceptUnsigned = new("--accept-missing-sign-offs") { Description = "Approve although an owning team declined, or has said nothing" };
    private static readonly Option<string?> Upstream = new("--engine") { Description = "With --approve: the engine outside the platform that serves it, by its name in the settings (Upstreams__NAME__Address); default: the Api's own", HelpName = "NAME" };
    private static readonly RolloutOptions Rollout = new();
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Do not wait until it is live" };

    public static Command Create()
    {
        var command = new Command("deploy", "Request that a model version goes live, or decide on the request") { Version, Approve, Reject, Reason, AcceptLoss, AcceptUnsigned, Upstream, NoWait, CommonOptions.As };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Approve) && result.GetValue(Reject))
                result.AddError("Give only one of --approve and --reject.");
            if ((result.GetValue(Approve) || result.GetValue(Reject)) && string.IsNullOrWhiteSpace(result.GetValue(Reason)))
                result.AddError("A decision needs --reason TEXT.");
            if (result.GetValue(Upstream) is not null && !result.GetValue(Approve))
                result.AddError("--engine needs --approve.");
        });
        Rollout.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        var version = (await session.Get<ModelRegistry>().FindAsync(parsed.GetRequiredValue(Version), cancellationToken)).OrFail();
        var deployment = parsed.GetValue(Approve) || parsed.GetValue(Reject)
            ? await DecideAsync(session, version, parsed, cancellationToken)
            : (await session.Get<DeploymentApproval>().RequestAsync(session.Actor, version.Id, cancellationToken)).OrFail();
        if (deployment.Status == DeploymentStatus.Approved && !parsed.GetValue(NoWait))
            deployment = await new DeploymentWait(session).UntilServingAsync(deployment.Number, output.Errors.WriteLine, cancellationToken);
        output.Result(
            new { deployment = deployment.Number, model_version = version.Number, deployment.Status, requested_by = deployment.RequestedByName, decided_by = deployment.DecidedByName, deployment.Reason, engine = deployment.Upstream, deployment.EvidenceSha256 },
            () => output.Line($"Deployment {deployment.Number} of model version {version.Number} is {DeploymentTables.Standing(deployment)}."));
        return ExitCodes.Done;
    }

    private static async Task<Deployment> DecideAsync(PlatformSession session, ModelVersion version, ParseResult parsed, CancellationToken cancellationToken)
    {
        var approval = session.Get<DeploymentApproval>();
        var open = (await approval.ListAsync(cancellationToken)).FirstOrDefault(found => found.ModelVersionId == version.Id && found.Status == DeploymentStatus.Requested)
            ?? throw new CommandFailure($"Nobody requested a deployment of model version {version.Number}. Request it first: platform deploy {version.Number} --as EMAIL");
        var reason = parsed.GetValue(Reason)!;
        var decided = parsed.GetValue(Approve)
            ? await approval.ApproveAsync(
                session.Actor, open.Id, reason, new Acceptance(parsed.GetValue(AcceptLoss), parsed.GetValue(AcceptUnsigned)), await Rollout.ReadAsync(session, parsed, cancellationToken), parsed.GetValue(Upstream), cancellationToken)
            : await approval.RejectAsync(session.Actor, open.Id, reason, cancellationToken);
        return decided.OrFail($"deployment {open.Number}");
    }
}
