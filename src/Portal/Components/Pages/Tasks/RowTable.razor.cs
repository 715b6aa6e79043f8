using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Tasks;

public sealed partial class RowTable
{
    private const int PageSize = 50;
    private const int Longest = 400;

    private DataView<RowView>? data;
    private IReadOnlyList<Error> errors = [];

    [Inject]
    public required RowBrowser Rows { get; set; }

    [Inject]
    public required DatasetRevisions Revisions { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter, EditorRequired]
    public required DatasetVersion Version { get; set; }

    /// <summary>Of the version's page, without a query.</summary>
    [Parameter, EditorRequired]
    public required string Address { get; set; }

    /// <summary>The outputs to choose from; none for free text.</summary>
    [Parameter]
    public IReadOnlyList<string> Labels { get; set; } = [];

    [Parameter]
    public IReadOnlyList<ProblemCount> Problems { get; set; } = [];

    [Parameter]
    public string? Find { get; set; }

    [Parameter]
    public string? Split { get; set; }

    [Parameter]
    public string? Label { get; set; }

    [Parameter]
    public string? Problem { get; set; }

    /// <summary>Position of the first row that is shown.</summary>
    [Parameter]
    public long From { get; set; }

    private RowFilter Filter => new(
        Splits.All.Cast<Split?>().FirstOrDefault(split => split!.Value.ToWire() == Split), string.IsNullOrEmpty(Label) ? null : Label, string.IsNullOrEmpty(Problem) ? null : Problem, string.IsNullOrWhiteSpace(Find) ? null : Find);

    private static bool IsExcluded(RowView view, string code) => view.Revision?.ExcludedProblems.Contains(code) == true && view.Revision.Status == RevisionStatus.Draft;

    private static string? Shorten(string? text) => text is { Length: > Longest } ? text[..Longest] + " …" : text;

    private async Task<Result<RowView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var page = await Rows.ReadAsync(actor, Version.Id, Filter, From, PageSize, cancellationToken);
        return page.IsSuccess ? new RowView(page.Value, await Revisions.NewestAsync(actor, Version.Id, cancellationToken)) : Result.Failure<RowView>(page.Errors);
    }

    private async Task EditAsync(BrowsedRow row)
    {
        var parameters = new DialogParameters<RowDialog> { { dialog => dialog.Row, row }, { dialog => dialog.Labels, Labels } };
        var shown = await Dialogs.ShowAsync<RowDialog>($"Edit {row.Split.ToWire()} {row.Row.Line}", parameters, new DialogOptions { MaxWidth = MaxWidth.Medium, FullWidth = true, CloseOnEscapeKey = true });
        if (await shown.Result is { Canceled: false, Data: RowChange change })
            await ChangeAsync(change);
    }

    private Task ChangeAsync(RowChange change) => RunAsync((actor, cancellation) => Revisions.ChangeRowAsync(actor, Version.Id, change, cancellation));

    private Task ExcludeProblemAsync(string code, bool isExcluded) => RunAsync((actor, cancellation) => Revisions.ExcludeProblemAsync(actor, Version.Id, code, isExcluded, cancellation));

    private async Task RunAsync(Func<Actor, CancellationToken, Task<Result<DatasetRevision>>> operation)
    {
        errors = (await Actors.RunAsync(operation, CancellationToken.None)).Errors;
        await data!.ReloadAsync();
    }

    private void Ask(string parameter, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrWhiteSpace(value) ? null : value, ["from"] = null, ["line"] = null }), replace: true);

    private string PageAt(long position) => Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["from"] = position, ["line"] = null });
}

/// <param name="Revision">The newest one of the version; null when there was none.</param>
public sealed record RowView(RowPage Page, DatasetRevision? Revision)
{
    public bool HasPair => Page.Rows.Any(row => row.Row.Text2 is not null);

    public bool IsBeingWritten => Revision is { Status: RevisionStatus.Queued or RevisionStatus.Writing };

    /// <summary>While a revision is being written, nothing can be added to it.</summary>
    public bool MayChange => !IsBeingWritten;

    public RowChange? ChangeOf(BrowsedRow row) => Revision is not { Status: RevisionStatus.Draft } draft ? null
        : draft.Rows.FirstOrDefault(change => change.Split == row.Split && change.Line == row.Row.Line)
            ?? (row.Marks.Any(mark => draft.ExcludedProblems.Contains(mark.Code)) ? new RowChange(row.Split, row.Row.Line, Excluded: true) : null);
}
