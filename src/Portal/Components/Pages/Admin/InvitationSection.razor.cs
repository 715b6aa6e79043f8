using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Invitations;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class InvitationSection
{
    private DataView<IReadOnlyList<Invitation>>? data;
    private IReadOnlyList<Error> errors = [];

    [Inject]
    public required InvitationBook Book { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Parameter]
    public IReadOnlyList<Team> Teams { get; set; } = [];

    private Task ShowAsync() => data!.ReloadAsync();

    private async Task RevokeAsync(Invitation invitation)
    {
        var sure = await Dialogs.ShowMessageBoxAsync("Revoke the invitation?", $"The link of {invitation.Email} stops working.", yesText: "Revoke", cancelText: "Cancel");
        if (sure != true)
            return;
        var revoked = await Actors.RunAsync((actor, cancellation) => Book.RevokeAsync(actor, invitation.Id, cancellation), CancellationToken.None);
        errors = revoked.Errors;
        await data!.ReloadAsync();
    }
}
