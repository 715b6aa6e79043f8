using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Platform.Domain.Users;
using Platform.Portal.Access;

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

    protected override void OnInitialized() => Input ??= new Credentials();

    private async Task SignInAsync()
    {
        var result = await Sessions.PasswordSignInAsync(Input.Email.Trim(), Input.Password, Input.Remember, lockoutOnFailure: true);
        if (result.Succeeded)
        {
            Navigation.NavigateTo(SignInRedirects.LocalOrHome(Return));
            return;
        }

        LogRefused(Logger, result.IsLockedOut);

        // The same words whether the address is unknown or the password wrong: a stranger learns nothing about who has an account.
        problem = result.IsLockedOut
            ? "Too many wrong passwords: this account is locked for a few minutes. Wait, then try again."
            : "The email or the password is wrong. Check both and try again.";
    }

    private sealed class Credentials
    {
        [Required(ErrorMessage = "Type your email address.")]
        public string Email { get; set; } = "";

        [Required(ErrorMessage = "Type your password.")]
        public string Password { get; set; } = "";

        public bool Remember { get; set; }
    }
}
