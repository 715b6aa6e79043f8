using System.Globalization;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class KeyForm
{
    private readonly HashSet<Guid> chosen = [];
    private FieldErrors errors = new([]);
    private string? name;
    private string? expires;
    private int? requests;
    private int? tokens;
    private Guid team;
    private bool all;
    private bool busy;

    [Inject]
    public required ApiKeys Keys { get; set; }

    [Inject]
    public required TeamDirectory Directory { get; set; }

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Parameter]
    public EventCallback<IssuedKey> OnIssued { get; set; }

    [Parameter]
    public EventCallback OnCancelled { get; set; }

    private async Task<Result<Choice>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var teams = await Directory.ListAsync(actor, cancellationToken);
        if (team == Guid.Empty && teams.Count > 0)
            team = teams[0].Id;
        return new Choice(teams, await Catalog.ListAsync(actor, archivedToo: false, cancellationToken));
    }

    private void ChooseTeam(Guid id) => team = id;

    private async Task IssueAsync()
    {
        busy = true;
        var request = new KeyRequest(name ?? "", team, all ? null : [.. chosen], ExpiryOf(expires)) { RequestsPerMinute = requests, TokensPerMinute = tokens };
        var issued = await Actors.RunAsync((actor, cancellation) => Keys.IssueAsync(actor, request, cancellation), CancellationToken.None);
        busy = false;
        errors = new FieldErrors(issued.Errors, "name", "team", "tasks", "expires_at", "requests_per_minute", "tokens_per_minute");
        if (issued.IsSuccess)
            await OnIssued.InvokeAsync(issued.Value);
    }

    private static DateTimeOffset? ExpiryOf(string? day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var last)
            ? new DateTimeOffset(last.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
            : null;

    private sealed record Choice(IReadOnlyList<Team> Teams, IReadOnlyList<TaskDefinition> Tasks);
}
