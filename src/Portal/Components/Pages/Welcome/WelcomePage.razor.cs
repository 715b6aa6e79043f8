using Microsoft.AspNetCore.Components;
using Platform.Domain.Organisations;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Welcome;

public sealed partial class WelcomePage
{
    private static readonly Step[] Steps =
    [
        new("password", "Your own password", "You have chosen it. A second step at sign-in, a code of your phone, makes a stolen password worthless.", _ => true),
        new("organisation", "Your organisation", "Its name stands on every page; the price of a device hour turns device time into money, from now on.", state => state.Name is not null),
        new("team", "The first team", "A product team owns tasks, and pays for their requests. Members see and change what belongs to their teams.", state => state.HasTeam),
        new("people", "The first people", "Invite the team's members, and a second admin: nobody decides on their own deployment request. You get a link for each of them to hand over.", state => state.HasPeople),
        new("task", "The first task", "A task is one thing that an application asks the model. Describe it, then upload its examples.", state => state.HasTask),
    ];

    private DataView<Loaded>? data;
    private IReadOnlyList<Error> errors = [];
    private SetupState? state;
    private string? pinned;

    [Inject]
    public required OrganisationBook Organisations { get; set; }

    [Inject]
    public required TeamDirectory Directory { get; set; }

    [Inject]
    public required RateBook Rates { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [SupplyParameterFromQuery(Name = "step")]
    public string? Asked { get; set; }

    private static bool IsComplete(SetupState state) => Steps.All(step => step.IsDone(state));

    /// <summary>The one that the address names, else the first that is open.</summary>
    private string Current(Loaded view) =>
        (Array.Find(Steps, step => step.Name == (Asked ?? pinned)) ?? Array.Find(Steps, step => !step.IsDone(view.State)) ?? Steps[^1]).Name;

    private static string? NextOpen(Loaded view, Step after) => Array.Find(Steps, step => step != after && !step.IsDone(view.State))?.Name;

    /// <summary>The link of an invitation is shown only once: the guide must not run away from it.</summary>
    private Task StayAsync()
    {
        pinned = "people";
        return data!.ReloadAsync();
    }

    private async Task<Result<Loaded>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var found = await Organisations.SetupAsync(actor, cancellationToken);
        if (found is { IsSuccess: true, Value: { IsDue: true, HasBegun: false } })
        {
            var begun = await Organisations.BeginSetupAsync(actor, cancellationToken);
            found = begun.IsSuccess ? await Organisations.SetupAsync(actor, cancellationToken) : Result.Failure<SetupState>(begun.Errors);
        }

        if (found.IsFailure)
            return Result.Failure<Loaded>(found.Errors);
        state = found.Value;
        StateHasChanged();
        return new Loaded(found.Value, await Directory.ListAsync(actor, cancellationToken), await Rates.InForceAsync(Clock.GetUtcNow(), cancellationToken));
    }

    private async Task EndAsync()
    {
        var ended = await Actors.RunAsync(Organisations.EndSetupAsync, CancellationToken.None);
        errors = ended.Errors;
        if (ended.IsSuccess)
            Navigation.NavigateTo("/");
    }

    private sealed record Step(string Name, string Title, string Text, Func<SetupState, bool> IsDone);

    public sealed record Loaded(SetupState State, IReadOnlyList<Team> Teams, Rate Rate);
}
