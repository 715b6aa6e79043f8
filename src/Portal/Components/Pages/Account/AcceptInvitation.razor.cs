using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Platform.Domain.Invitations;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Pages.Account;

public sealed partial class AcceptInvitation
{
    private IReadOnlyList<Error> problems = [];
    private Invitation? invitation;

    [Inject]
    public required InvitationBook Book { get; set; }

    [Inject]
    public required InvitationAttempts Attempts { get; set; }

    [Inject]
    public required SignInManager<User> Sessions { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [CascadingParameter]
    public required HttpContext HttpContext { get; set; }

    [SupplyParameterFromForm(FormName = "invitation")]
    private CodeWords Code { get; set; } = default!;

    [SupplyParameterFromForm(FormName = "account")]
    private AccountWords Account { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        Code ??= new CodeWords();
        Account ??= new AccountWords();
        if (Account.Token.Length > 0)
            await FindAsync(Account.Token);
    }

    private async Task LookAsync()
    {
        var token = Code.Token.Trim();
        await FindAsync(token);
        Account.Token = invitation is null ? "" : token;
    }

    private async Task FindAsync(string token)
    {
        if (Attempts.AreExhausted(HttpContext))
        {
            HttpContext.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            problems = [new Error("too_many_attempts", StatusCodes.Status429TooManyRequests, "Too many invitation codes were wrong. Wait a few minutes, then open your link again.")];
            return;
        }

        var found = await Book.FindAsync(token, HttpContext.RequestAborted);
        problems = found.Errors;
        invitation = found.IsSuccess ? found.Value : null;
        if (found.IsFailure)
            Attempts.CountFailure(HttpContext);
    }

    private async Task AcceptAsync()
    {
        if (invitation is null)
            return;
        var accepted = await Book.AcceptAsync(Account.Token, Account.Name, Account.Password, HttpContext.RequestAborted);
        problems = accepted.Errors;
        if (accepted.IsFailure)
            return;
        if (await Sessions.UserManager.FindByIdAsync(accepted.Value.ToString()) is { } user)
            await Sessions.SignInAsync(user, isPersistent: false);
        Navigation.NavigateTo("/");
    }

    private sealed class CodeWords
    {
        [Required(ErrorMessage = "Type the code of your invitation."), MaxLength(64, ErrorMessage = "This is too long to be the code of an invitation. Copy the part of your link after the # sign.")]
        public string Token { get; set; } = "";
    }

    private sealed class AccountWords
    {
        public string Token { get; set; } = "";

        [Required(ErrorMessage = "Type the name that others will see."), MaxLength(128, ErrorMessage = "The name may have at most 128 characters.")]
        public string Name { get; set; } = "";

        [Required(ErrorMessage = "Choose a password."), MinLength(12, ErrorMessage = "The password needs at least 12 characters."), MaxLength(256, ErrorMessage = "The password may have at most 256 characters.")]
        public string Password { get; set; } = "";

        [Compare(nameof(Password), ErrorMessage = "The two passwords differ. Type them again.")]
        public string Repeat { get; set; } = "";
    }
}
