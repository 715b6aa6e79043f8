using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Tasks;

public sealed partial class TaskLabels : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource disposal = new();
    private DataView<LabelsView>? data;
    private IReadOnlyList<Error> errors = [];
    private LabelPlan? plan;
    private LabelPreview? preview;
    private LabelSet? done;

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required LabelLifeCycle LifeCycle { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Parameter]
    public required string Name { get; set; }

    public void Dispose()
    {
        disposal.Cancel();
        disposal.Dispose();
    }

    private static string Described(LabelChange change) => change.Kind switch
    {
        LabelChangeKind.Rename => $"'{change.From[0]}' became '{change.To[0]}'",
        LabelChangeKind.Merge => $"{Quoted(change.From)} became '{change.To[0]}'",
        LabelChangeKind.Split => $"'{change.From[0]}' was split into {Quoted(change.To)}",
        LabelChangeKind.Retire => $"{Quoted(change.From)} was retired",
        _ => change.From.Count > 0 ? $"Edited in the form; {Quoted(change.From)} went" : "Edited in the form",
    };

    private static string Quoted(IEnumerable<string> labels) => string.Join(", ", labels.Select(label => $"'{label}'"));

    private async Task<Result<LabelsView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var task = await Catalog.FindAsync(actor, Name, cancellationToken);
        if (task.IsFailure)
            return Result.Failure<LabelsView>(task.Errors);
        var pins = await LifeCycle.ListPinsAsync(actor, task.Value.Id, cancellationToken);
        return new LabelsView(task.Value, await LifeCycle.ListAsync(actor, task.Value.Id, cancellationToken), [.. pins.Select(pin => new PinView(pin.KeyId, pin.Name, pin.Number, pin.Since))]);
    }

    private async Task PreviewAsync(LabelsView view, LabelPlan wished)
    {
        var seen = await Actors.RunAsync((actor, cancellation) => LifeCycle.PreviewAsync(actor, view.Task.Id, wished, cancellation), CancellationToken.None);
        errors = seen.Errors;
        done = null;
        plan = seen.IsSuccess ? wished : null;
        preview = seen.IsSuccess ? seen.Value : null;
        await CountAsync(view, wished);
    }

    /// <summary>Rows that are still being checked are counted as soon as that ends.</summary>
    private async Task CountAsync(LabelsView view, LabelPlan wished)
    {
        try
        {
            while (plan == wished && preview is { Moves: null, Data.CheckedAt: null })
            {
                StateHasChanged();
                await Task.Delay(Pause, Clock, disposal.Token);
                var seen = await Actors.RunAsync((actor, cancellation) => LifeCycle.PreviewAsync(actor, view.Task.Id, wished, cancellation), disposal.Token);
                if (plan == wished && seen.IsSuccess)
                    preview = seen.Value;
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    private async Task ApplyAsync(LabelsView view, string reason, bool keepOldNames)
    {
        var applied = await Actors.RunAsync((actor, cancellation) => LifeCycle.ApplyAsync(actor, view.Task.Id, plan!, reason, keepOldNames, cancellation), CancellationToken.None);
        errors = applied.Errors;
        if (applied.IsFailure)
            return;
        (plan, preview, done) = (null, null, applied.Value);
        await data!.ReloadAsync();
    }

    private async Task UnpinAsync(LabelsView view, Guid keyId)
    {
        errors = (await Actors.RunAsync((actor, cancellation) => LifeCycle.UnpinAsync(actor, view.Task.Id, keyId, cancellation), CancellationToken.None)).Errors;
        await data!.ReloadAsync();
    }

    public sealed record PinView(Guid KeyId, string Name, int Number, DateTimeOffset Since);

    public sealed record LabelsView(TaskDefinition Task, IReadOnlyList<LabelSet> Sets, IReadOnlyList<PinView> Pins);
}
