using Microsoft.AspNetCore.Components;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Models;

public sealed partial class ModelDetail
{
    private DataView<ModelView>? data;
    private IReadOnlyList<Error> errors = [];
    private bool busy;

    [Inject]
    public required ModelRegistry Registry { get; set; }

    [Inject]
    public required RunQueries Runs { get; set; }

    [Inject]
    public required DeploymentApproval Approval { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter]
    public int Number { get; set; }

    /// <summary>Of the evaluations, from 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    /// <summary>Page of the data that it was trained on, from 0.</summary>
    [SupplyParameterFromQuery]
    public int Data { get; set; }

    private async Task<Result<ModelView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var version = await Registry.FindAsync(Number, cancellationToken);
        if (version.IsFailure)
            return Result.Failure<ModelView>(version.Errors);
        var run = await Runs.FindAsync(version.Value.Run!.Number, cancellationToken);
        if (run.IsFailure)
            return Result.Failure<ModelView>(run.Errors);
        return new ModelView(
            version.Value,
            [.. version.Value.Evaluations.Where(evaluation => actor.MayActFor(evaluation.Task!.TeamId)).OrderBy(evaluation => evaluation.Task!.Name, StringComparer.Ordinal)],
            [.. run.Value.Tasks.Where(task => actor.MayActFor(task.Task!.TeamId)).OrderBy(task => task.Task!.Name, StringComparer.Ordinal)],
            await Approval.ListOfAsync(version.Value.Id, cancellationToken))
        {
            Run = run.Value,
            PreviousRun = await Registry.FindRunOfAsync(Number - 1, cancellationToken),
        };
    }

    private async Task RequestAsync(ModelView view)
    {
        busy = true;
        var requested = await Actors.RunAsync((actor, cancellation) => Approval.RequestAsync(actor, view.Version.Id, cancellation), CancellationToken.None);
        busy = false;
        errors = requested.Errors;
        if (requested.IsSuccess)
            Navigation.NavigateTo($"/deployments/{requested.Value.Number}");
        else if (data is not null)
            await data.ReloadAsync();
    }

    /// <param name="Evaluations">Of the tasks that the user may see.</param>
    /// <param name="Data">Likewise.</param>
    /// <param name="Deployments">Newest first.</param>
    public sealed record ModelView(ModelVersion Version, IReadOnlyList<TaskEvaluation> Evaluations, IReadOnlyList<RunTask> Data, IReadOnlyList<Deployment> Deployments)
    {
        /// <summary>What produced it, with tasks and steps.</summary>
        public required FineTuningRun Run { get; init; }

        /// <summary>Number of the run that produced the version before; null for the first one.</summary>
        public int? PreviousRun { get; init; }

        /// <summary>The one that has to end before another can be requested.</summary>
        public Deployment? Open => Deployments.FirstOrDefault(deployment =>
            deployment.Status is DeploymentStatus.Requested or DeploymentStatus.Approved or DeploymentStatus.Deploying or DeploymentStatus.Trial or DeploymentStatus.Live);
    }
}
