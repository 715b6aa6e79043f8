using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Pages.Account;

public sealed partial class NewPassword
{
    private IReadOnlyList<Error> problems = [];

    [Inject]
    public required UserAccounts Accounts { get; set; }

    [Inject]
    public required SessionRenewal Sessions { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [CascadingParameter]
    public required HttpContext HttpContext { get; set; }

    [SupplyParameterFromForm]
    private Words Input { get; set; } = default!;

    private bool IsOneTime => HttpContext.User.HasClaim(claim => claim.Type == SessionClaims.MustChangePassword);

    protected override void OnInitialized() => Input ??= new Words();

    private async Task ChangeAsync()
    {
        var userId = CurrentActor.UserIdOf(HttpContext.User) ?? throw new InvalidOperationException("The page is for signed-in users only.");
        if (Input.New == Input.Current)
        {
            problems = [Error.Invalid("password_unchanged", "The new password is the old one. Choose another.", "new_password")];
            return;
        }

        var actor = await Accounts.ActorAsync(userId, HttpContext.RequestAborted);
        var changed = actor.IsSuccess ? await Accounts.ChangePasswordAsync(actor.Value, Input.Current, Input.New, HttpContext.RequestAborted) : actor;
        problems = changed.Errors;
        if (changed.IsFailure)
            return;
        await Sessions.RenewAsync(userId, HttpContext.RequestAborted);
        Navigation.NavigateTo("/");
    }

    private sealed class Words
    {
        [Required(ErrorMessage = "Type the password that you signed in with."), MaxLength(256, ErrorMessage = "A password has at most 256 characters.")]
        public string Current { get; set; } = "";

        [Required(ErrorMessage = "Type a new password."), MinLength(12, ErrorMessage = "The new password needs at least 12 characters."), MaxLength(256, ErrorMessage = "The new password may have at most 256 characters.")]
        public string New { get; set; } = "";

        [Compare(nameof(New), ErrorMessage = "The two new passwords differ. Type them again.")]
        public string Repeat { get; set; } = "";
    }
}
