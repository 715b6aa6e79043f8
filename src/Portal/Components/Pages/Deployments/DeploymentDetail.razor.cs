using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
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
    public required DeploymentApproval Approval { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Parameter]
    public int Number { get; set; }

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
        DeploymentStatus.Failed => (Severity.Error, $"The deployment failed: {view.Deployment.Error} What was live stays live."),
        _ => null,
    };

    private async Task<Result<DeploymentView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var found = await Approval.FindAsync(Number, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<DeploymentView>(found.Errors);
        var deployment = found.Value;
        var isOwn = actor.IsSameAs(deployment.RequestedById, deployment.RequestedByName);
        var evaluations = deployment.ModelVersion!.Evaluations.OrderBy(evaluation => evaluation.Task!.Name, StringComparer.Ordinal).ToList();
        return new DeploymentView(
            deployment, isOwn, actor.IsAdmin && !isOwn,
            [.. evaluations.Where(evaluation => actor.MayActFor(evaluation.Task!.TeamId))],
            [.. evaluations.Where(evaluation => evaluation.Verdict == GateVerdict.Fail).Select(evaluation => evaluation.Task!.Name)]);
    }

    private async Task DecideAsync(DeploymentView view, bool approve)
    {
        var title = $"{(approve ? "Approve" : "Reject")} deployment {Number}?";
        var text = approve
            ? $"Model version {view.Deployment.ModelVersion!.Number} replaces what is live as soon as it is loaded."
            : "What is live stays live.";
        var consent = approve && view.Failed.Count > 0 ? $"I accept the loss of {string.Join(", ", view.Failed)}" : null;
        var reason = await Dialogs.AskReasonAsync(title, text, approve ? "Approve" : "Reject", approve ? Color.Primary : Color.Error, consent);
        if (reason is null)
            return;
        var decided = await Actors.RunAsync(
            (actor, cancellation) => approve
                ? Approval.ApproveAsync(actor, view.Deployment.Id, reason, acceptGateFailures: consent is not null, cancellation)
                : Approval.RejectAsync(actor, view.Deployment.Id, reason, cancellation),
            CancellationToken.None);
        errors = decided.Errors;
        if (data is not null)
            await data.ReloadAsync();
    }

    /// <param name="IsOwn">The user requested it.</param>
    /// <param name="Evaluations">Of the tasks that the user may see.</param>
    /// <param name="Failed">Tasks that the gate failed for; shown to those who decide.</param>
    public sealed record DeploymentView(
        Deployment Deployment, bool IsOwn, bool MayDecide, IReadOnlyList<TaskEvaluation> Evaluations, IReadOnlyList<string> Failed);
}
