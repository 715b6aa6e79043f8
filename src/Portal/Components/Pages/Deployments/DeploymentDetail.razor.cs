using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using MudBlazor;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Upstreams;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Deployments;

public sealed partial class DeploymentDetail
{
    private static readonly System.Text.Json.JsonSerializerOptions Readable = new() { WriteIndented = true };

    private DataView<DeploymentView>? data;
    private IReadOnlyList<Error> errors = [];

    [Inject]
    public required IOptions<UpstreamCatalog> Upstreams { get; init; }

    [Inject]
    public required DeploymentApproval Approval { get; set; }

    [Inject]
    public required SignOffs SignOffs { get; set; }

    [Inject]
    public required DeploymentTrials Trials { get; set; }

    [Inject]
    public required RollBacks RollBacks { get; set; }

    [Inject]
    public required DeploymentRollout Rollout { get; set; }

    [Inject]
    public required TrialComparisons Comparisons { get; set; }

    [Inject]
    public required DeploymentTraffic Traffic { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Parameter]
    public int Number { get; set; }

    /// <summary>Of the evaluations, from 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    /// <summary>Page of the sign-offs, from 0.</summary>
    [SupplyParameterFromQuery]
    public int Signing { get; set; }

    private static bool IsSettled(DeploymentView view) => view.Deployment.Status is DeploymentStatus.Rejected or DeploymentStatus.Retired or DeploymentStatus.Failed;

    private static string Indented(string json) => JsonNode.Parse(json)!.ToJsonString(Readable);

    private static (Severity Severity, string Text)? Explanation(DeploymentView view) => view.Deployment.Status switch
    {
        DeploymentStatus.Requested when view.IsOwn => (Severity.Info, "You requested this deployment: another admin has to decide it."),
        DeploymentStatus.Requested when view.MayDecide && view.Failed.Count > 0 =>
            (Severity.Warning, $"The gate failed for {string.Join(", ", view.Failed)}. Approving accepts that loss."),
        DeploymentStatus.Requested => (Severity.Info, "An admin who did not request it decides on this deployment."),
        DeploymentStatus.Approved => (Severity.Info, "Approved. Jobs verifies the stored model; then the API loads it."),
        DeploymentStatus.Deploying => (Severity.Info, "The API loads the model and warms it up; the switch happens by itself."),
        DeploymentStatus.Trial => (Severity.Info, view.Deployment.RolloutMode == RolloutMode.Canary
            ? "It answers a share of the requests beside what is live. Compare, then promote it or end the trial."
            : "It gets copies of requests; callers get what is live. Compare the answers, then promote it or end the trial."),
        DeploymentStatus.Failed => (Severity.Error, $"The deployment failed: {view.Deployment.Error} What was live stays live."),
        _ => null,
    };

    private async Task<object?> StampAsync(CancellationToken cancellationToken) => await Approval.StampAsync(Number, cancellationToken);

    private async Task<Result<DeploymentView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var found = await Approval.FindAsync(Number, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<DeploymentView>(found.Errors);
        var deployment = found.Value;
        var isOwn = actor.IsSameAs(deployment.RequestedById, deployment.RequestedByName);
        var evaluations = deployment.ModelVersion!.Evaluations.OrderBy(evaluation => evaluation.Task!.Name, StringComparer.Ordinal).ToList();
        var live = await Rollout.FindLiveVersionAsync(cancellationToken);
        var comparisons = deployment.TrialAt is null ? [] : await Comparisons.ListAsync(deployment.Id, cancellationToken);
        var traffic = deployment.TrialAt is { } since ? await Traffic.SinceAsync([deployment.Id, live?.DeploymentId ?? deployment.Id], since, cancellationToken) : [];
        var seen = evaluations.Where(evaluation => actor.MayActFor(evaluation.Task!.TeamId)).ToList();
        var names = seen.Select(evaluation => evaluation.Task!.Name).ToHashSet(StringComparer.Ordinal);
        var signOffs = await SignOffs.ListAsync(deployment.Id, cancellationToken);
        return new DeploymentView(
            deployment, isOwn, actor.IsAdmin && !isOwn, actor.IsAdmin, live is not null, seen, signOffs, actor.TeamIds,
            [.. comparisons.Where(row => names.Contains(row.Task!.Name))], [.. traffic.Where(row => names.Contains(row.Task))],
            [.. evaluations.Where(evaluation => evaluation.Verdict == GateVerdict.Fail).Select(evaluation => evaluation.Task!.Name)]);
    }

    private async Task DecideAsync(DeploymentView view, bool approve)
    {
        if (!approve)
        {
            if (await Dialogs.AskReasonAsync($"Reject deployment {Number}?", "What is live stays live.", "Reject", Color.Error) is { } objection)
                await ActAsync((actor, cancellation) => Approval.RejectAsync(actor, view.Deployment.Id, objection, cancellation));
            return;
        }

        var consent = Consent(view);
        var choice = await Dialogs.AskRolloutAsync($"Approve deployment {Number}?", new DialogParameters<RolloutDialog>
        {
            { dialog => dialog.Text, $"Model version {view.Deployment.ModelVersion!.Number} is verified, loaded and checked; then it gets this traffic." },
            { dialog => dialog.Confirmation, "Approve" },
            { dialog => dialog.Tasks, view.Tasks },
            { dialog => dialog.Plan, RolloutPlan.Full },
            { dialog => dialog.CanTry, view.IsSomethingLive },
            { dialog => dialog.CanReplace, true },
            { dialog => dialog.Engines, [.. Upstreams.Value.Engines.Keys.Order(StringComparer.OrdinalIgnoreCase)] },
            { dialog => dialog.Consent, consent },
        });
        if (choice is not null)
            await ActAsync((actor, cancellation) => Approval.ApproveAsync(
                actor, view.Deployment.Id, choice.Reason, new Acceptance(view.Failed.Count > 0, view.MissingSignOffs.Count > 0), choice.Plan, choice.Upstream, cancellation));
    }

    /// <summary>What the admin has to agree to in words; null for nothing.</summary>
    private static string? Consent(DeploymentView view)
    {
        List<string> parts = [];
        if (view.Failed.Count > 0)
            parts.Add($"accept the loss of {string.Join(", ", view.Failed)}");
        if (view.MissingSignOffs.Count > 0)
            parts.Add($"go ahead without the sign-off of {string.Join(", ", view.MissingSignOffs)}");
        return parts.Count == 0 ? null : $"I {string.Join(", and ", parts)}";
    }

    private async Task SignAsync(DeploymentView view, SignOffLine line, bool isAccepted)
    {
        string? reason = null;
        if (!isAccepted && (reason = await Dialogs.AskReasonAsync($"Decline {line.Task.Name}?", "The admin who decides sees your reason beside the task.", "Decline", Color.Error)) is null)
            return;
        await ActAsync((actor, cancellation) => SignOffs.SignAsync(actor, view.Deployment.Id, line.Task.Id, isAccepted, reason, cancellation));
    }

    private async Task ChangeShareAsync(DeploymentView view)
    {
        var choice = await Dialogs.AskRolloutAsync($"Change the share of deployment {Number}?", new DialogParameters<RolloutDialog>
        {
            { dialog => dialog.Text, "Every API follows within seconds. A request that is under way stays where it is." },
            { dialog => dialog.Confirmation, "Change" },
            { dialog => dialog.Tasks, view.Tasks },
            { dialog => dialog.Plan, view.Deployment.Plan },
        });
        if (choice is not null)
            await ActAsync((actor, cancellation) => Trials.ChangeAsync(actor, view.Deployment.Id, choice.Plan, choice.Reason, cancellation));
    }

    private async Task PromoteAsync(DeploymentView view)
    {
        if (await Dialogs.AskReasonAsync($"Promote deployment {Number}?", "It replaces what is live at once; it is in memory already.", "Promote") is { } reason)
            await ActAsync((actor, cancellation) => Trials.PromoteAsync(actor, view.Deployment.Id, reason, cancellation));
    }

    private async Task EndTrialAsync(DeploymentView view)
    {
        if (await Dialogs.AskReasonAsync($"End the trial of deployment {Number}?", "All requests go to what is live again.", "End trial", Color.Error) is { } reason)
            await ActAsync((actor, cancellation) => Trials.EndAsync(actor, view.Deployment.Id, reason, cancellation));
    }

    private async Task RollBackAsync(DeploymentView view)
    {
        if (await Dialogs.AskReasonAsync(
            $"Roll back deployment {Number}?", "What was live before it is loaded and checked, and replaces it then; until then this one answers. No request is lost.", "Roll back", Color.Error) is { } reason)
            await ActAsync((actor, cancellation) => RollBacks.EverythingAsync(actor, reason, cancellation));
    }

    private async Task RollBackTaskAsync(string task)
    {
        if (await Dialogs.AskReasonAsync(
            $"Roll back {task}?", "What was live before answers this task, beside what is live, until the roll-back is lifted. Both models stay in memory.", "Roll back", Color.Error) is { } reason)
            await ActAsync((actor, cancellation) => RollBacks.TaskAsync(actor, task, null, reason, cancellation));
    }

    private async Task ActAsync<T>(Func<Actor, CancellationToken, Task<Result<T>>> operation)
    {
        errors = (await Actors.RunAsync(operation, CancellationToken.None)).Errors;
        if (data is not null)
            await data.ReloadAsync();
    }

    /// <param name="IsOwn">The user requested it.</param>
    /// <param name="IsSomethingLive">So that a trial has something to stand beside.</param>
    /// <param name="Evaluations">Of the tasks that the user may see; so are the comparisons and the traffic.</param>
    /// <param name="Failed">Tasks that the gate failed for; shown to those who decide.</param>
    public sealed record DeploymentView(
        Deployment Deployment, bool IsOwn, bool MayDecide, bool IsAdmin, bool IsSomethingLive, IReadOnlyList<TaskEvaluation> Evaluations,
        IReadOnlyList<SignOffLine> SignOffs, IReadOnlySet<Guid> MyTeams,
        IReadOnlyList<TrialComparison> Comparisons, IReadOnlyList<TaskTraffic> Traffic, IReadOnlyList<string> Failed)
    {
        /// <summary>Tasks whose teams have not signed off; an admin has to agree in words to go ahead.</summary>
        public IReadOnlyList<string> MissingSignOffs => [.. SignOffs.Where(line => line.IsMissing).Select(line => line.Task.Name)];

        /// <summary>Those of tasks that the user may see.</summary>
        public IReadOnlyList<SignOffLine> SeenSignOffs => [.. SignOffs.Where(line => IsAdmin || MyTeams.Contains(line.Task.TeamId))];

        public bool MaySign(SignOffLine line) => Deployment.Status == DeploymentStatus.Requested && MyTeams.Contains(line.Task.TeamId);

        public IReadOnlyList<TaskDefinition> Tasks => [.. Deployment.ModelVersion!.Evaluations.Select(evaluation => evaluation.Task!).OrderBy(task => task.Name, StringComparer.Ordinal)];
    }
}
