using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Pages.Account;

public sealed partial class SignInCode
{
    private const int AppDigits = 6;

    private string? problem;
    private User? user;

    [Inject]
    public required SignInManager<User> Sessions { get; set; }

    [Inject]
    public required TwoStepSignIn TwoStep { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required ILogger<SignInCode> Logger { get; set; }

    [CascadingParameter]
    public required HttpContext HttpContext { get; set; }

    [SupplyParameterFromForm]
    private Words Input { get; set; } = default!;

    [SupplyParameterFromQuery(Name = "return")]
    private string? Return { get; set; }

    [SupplyParameterFromQuery]
    private bool Remember { get; set; }

    protected override async Task OnInitializedAsync()
    {
        Input ??= new Words();
        user = await Sessions.GetTwoFactorAuthenticationUserAsync();

        // The password was typed too long ago, or never.
        if (user is null)
            Navigation.NavigateTo(SignInRedirects.SignInPath);
    }

    private async Task SignInAsync()
    {
        if (user is null)
            return;
        var code = Input.Code.Replace(" ", "", StringComparison.Ordinal);
        var result = code.Length == AppDigits && code.All(char.IsAsciiDigit)
            ? await Sessions.TwoFactorAuthenticatorSignInAsync(code, Remember, rememberClient: false)
            : await RecoverAsync(user, code.ToUpperInvariant());
        if (result.Succeeded)
        {
            Navigation.NavigateTo(SignInRedirects.LocalOrHome(Return));
            return;
        }

        LogRefused(Logger, result.IsLockedOut);
        problem = result.IsLockedOut ? UserErrors.Locked().Message : UserErrors.CodeWrong().Message;
    }

    /// <summary>Identity counts no wrong recovery codes; here they count like every other wrong code.</summary>
    private async Task<SignInResult> RecoverAsync(User known, string code)
    {
        if (await Sessions.UserManager.IsLockedOutAsync(known))
            return SignInResult.LockedOut;
        var result = await Sessions.TwoFactorRecoveryCodeSignInAsync(code);
        if (result.Succeeded)
            await TwoStep.NoteRecoveryAsync(known.Id, HttpContext.RequestAborted);
        else
            await Sessions.UserManager.AccessFailedAsync(known);
        return result;
    }

    private sealed class Words
    {
        [Required(ErrorMessage = "Type the code."), MaxLength(24, ErrorMessage = "A code is shorter than this.")]
        public string Code { get; set; } = "";
    }
}
