using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Setup;

namespace Platform.Portal.Components.Pages.Account;

public sealed partial class SignIn
{
    private string? problem;

    [Inject]
    public required SignInManager<User> Sessions { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required ILogger<SignIn> Logger { get; set; }

    [SupplyParameterFromForm]
    private Credentials Input { get; set; } = default!;

    [SupplyParameterFromQuery(Name = "return")]
    private string? Return { get; set; }

    /// <summary>Why a sign-in elsewhere led back here.</summary>
    [SupplyParameterFromQuery]
    private string? Problem { get; set; }

    [Inject]
    public required IOptions<PortalOptions> Options { get; set; }

    private string? ProviderName => Options.Value.OpenIdConnect.IsOn ? Options.Value.OpenIdConnect.Name : null;

    private string ExternalAddress => ExternalSignIn.StartAddress(SignInRedirects.LocalOrHome(Return));

    protected override void OnInitialized()
    {
        Input ??= new Credentials();
        problem = ExternalSignIn.WordsOf(Problem, Options.Value.OpenIdConnect.Name);
    }

    private async Task SignInAsync()
    {
        problem = null;
        var result = await Sessions.PasswordSignInAsync(Input.Email.Trim(), Input.Password, Input.Remember, lockoutOnFailure: true);
        if (result.Succeeded)
        {
            Navigation.NavigateTo(SignInRedirects.LocalOrHome(Return));
            return;
        }

        if (result.RequiresTwoFactor)
        {
            Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(SignInRedirects.CodePath, new Dictionary<string, object?> { ["return"] = Return, ["remember"] = Input.Remember ? true : null }));
            return;
        }

        LogRefused(Logger, result.IsLockedOut);

        // The same words whether the address is unknown or the password wrong: a stranger learns nothing about who has an account.
        problem = result.IsLockedOut
            ? UserErrors.Locked().Message
            : "The email or the password is wrong. Check both and try again.";
    }

    private sealed class Credentials
    {
        [Required(ErrorMessage = "Type your email address."), MaxLength(256, ErrorMessage = "An email address has at most 256 characters.")]
        public string Email { get; set; } = "";

        [Required(ErrorMessage = "Type your password."), MaxLength(256, ErrorMessage = "A password has at most 256 characters.")]
        public string Password { get; set; } = "";

        public bool Remember { get; set; }
    }
}
