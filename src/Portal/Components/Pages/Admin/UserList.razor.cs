using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class UserList
{
    private DataView<Directory>? data;
    private IReadOnlyList<Error> errors = [];
    private NewUser? created;

    [Inject]
    public required UserAccounts Accounts { get; set; }

    [Inject]
    public required TwoStepSignIn TwoStep { get; set; }

    [Inject]
    public required TeamDirectory TeamDirectory { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    private async Task<Result<Directory>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("list the users") is { } refusal)
            return refusal;
        return new Directory(actor.UserId, await Accounts.ListAsync(cancellationToken), await TeamDirectory.ListAsync(actor, cancellationToken));
    }

    private async Task ShowAsync(NewUser user)
    {
        created = user;
        await data!.ReloadAsync();
    }

    private async Task ChangedAsync(Result result)
    {
        errors = result.Errors;
        await data!.ReloadAsync();
    }

    private async Task ResetAsync(UserSummary user)
    {
        var sure = await Dialogs.ShowMessageBoxAsync(
            "A new one-time password?", $"The password of {user.Email} stops working at once, and open sessions end.", yesText: "Make a one-time password", cancelText: "Cancel");
        if (sure != true)
            return;
        var reset = await Actors.RunAsync((actor, cancellation) => Accounts.ResetPasswordAsync(actor, user.Id, cancellation), CancellationToken.None);
        errors = reset.Errors;
        created = reset.IsSuccess ? reset.Value : null;
    }

    private async Task ResetTwoStepAsync(UserSummary user)
    {
        var sure = await Dialogs.ShowMessageBoxAsync(
            "Reset two-step sign-in?", $"{user.Email} then signs in with the password alone, until they switch it on again. Be sure that it is really them who asks.", yesText: "Reset it", cancelText: "Cancel");
        if (sure != true)
            return;
        await ChangedAsync(await Actors.RunAsync((actor, cancellation) => TwoStep.ResetAsync(actor, user.Id, cancellation), CancellationToken.None));
    }

    private async Task SetAdminAsync(UserSummary user)
    {
        var reason = user.IsAdmin
            ? await Dialogs.AskReasonAsync("Make a member?", $"{user.Email} then sees and changes what belongs to their teams, and nothing else.", "Make a member", Color.Warning)
            : await Dialogs.AskReasonAsync("Make an admin?", $"{user.Email} then sees everything, plans runs, decides on deployments and manages people and money.", "Make an admin", Color.Warning);
        if (reason is not null)
            await ChangedAsync(await Actors.RunAsync((actor, cancellation) => Accounts.SetAdminAsync(actor, user.Id, !user.IsAdmin, reason, cancellation), CancellationToken.None));
    }

    private async Task SetActiveAsync(UserSummary user)
    {
        var reason = user.IsDeactivated
            ? await Dialogs.AskReasonAsync("Reactivate the account?", $"{user.Email} can sign in again, with the password and the rights from before.", "Reactivate")
            : await Dialogs.AskReasonAsync("Deactivate the account?", $"Nobody can sign in as {user.Email} any more, and open sessions end. What they did stays; API keys belong to teams and go on: rotate those that they knew.", "Deactivate", Color.Error);
        if (reason is not null)
            await ChangedAsync(await Actors.RunAsync((actor, cancellation) => user.IsDeactivated
                ? Accounts.ReactivateAsync(actor, user.Id, reason, cancellation)
                : Accounts.DeactivateAsync(actor, user.Id, reason, cancellation), CancellationToken.None));
    }

    /// <param name="Me">Whoever looks at it.</param>
    private sealed record Directory(Guid? Me, IReadOnlyList<UserSummary> Users, IReadOnlyList<Team> Teams);
}
