using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Pages.Account;

/// <summary>Plain HTML like all pages about sign-in: each change renews the session's cookie.</summary>
public sealed partial class TwoStep
{
    private const string Issuer = "Platform";

    private IReadOnlyList<Error> problems = [];
    private IReadOnlyList<string> codes = [];
    private TwoStepState? state;
    private Actor? actor;
    private string? key;

    [Inject]
    public required UserAccounts Accounts { get; set; }

    [Inject]
    public required TwoStepSignIn Steps { get; set; }

    [Inject]
    public required SessionRenewal Sessions { get; set; }

    [CascadingParameter]
    public required HttpContext HttpContext { get; set; }

    [SupplyParameterFromForm(FormName = "on")]
    private CodeWords On { get; set; } = default!;

    [SupplyParameterFromForm(FormName = "renewal")]
    private CodeWords Renewal { get; set; } = default!;

    [SupplyParameterFromForm(FormName = "off")]
    private PasswordWords Off { get; set; } = default!;

    private CancellationToken Aborted => HttpContext.RequestAborted;

    /// <summary>In groups of four, as people type it.</summary>
    private string TypedKey => string.Join(' ', key!.Chunk(4).Select(part => new string(part)));

    private MarkupString Drawing => new(QrDrawing.Svg(
        $"otpauth://totp/{Issuer}:{Uri.EscapeDataString(HttpContext.User.Identity?.Name ?? "")}?secret={key}&issuer={Issuer}&digits=6&period=30", "QR code with the key for your app"));

    protected override async Task OnInitializedAsync()
    {
        (On, Renewal, Off) = (On ?? new CodeWords(), Renewal ?? new CodeWords(), Off ?? new PasswordWords());
        var found = CurrentActor.UserIdOf(HttpContext.User) is { } userId
            ? await Accounts.ActorAsync(userId, Aborted)
            : throw new InvalidOperationException("The page is for signed-in users only.");
        problems = found.Errors;
        if (found.IsFailure)
            return;
        actor = found.Value;
        await LoadAsync(actor);
    }

    private async Task LoadAsync(Actor user)
    {
        var loaded = await Steps.StateAsync(user, Aborted);
        state = loaded.IsSuccess ? loaded.Value : null;
        var prepared = state is { IsOn: false } ? await Steps.PrepareAsync(user, Aborted) : null;
        key = prepared is { IsSuccess: true } ? prepared.Value : null;
        problems = [.. loaded.Errors, .. prepared?.Errors ?? []];
    }

    private Task SwitchOnAsync() => ShowCodesAsync(user => Steps.SwitchOnAsync(user, Digits(On.Code), Aborted));

    private Task RenewAsync() => ShowCodesAsync(user => Steps.RenewCodesAsync(user, Digits(Renewal.Code), Aborted));

    private async Task ShowCodesAsync(Func<Actor, Task<Result<IReadOnlyList<string>>>> change)
    {
        if (actor is null)
            return;
        var changed = await change(actor);
        problems = changed.Errors;
        if (changed.IsFailure)
            return;
        codes = changed.Value;
        await Sessions.RenewAsync(actor.UserId!.Value, Aborted);
    }

    private async Task SwitchOffAsync()
    {
        if (actor is null)
            return;
        var switched = await Steps.SwitchOffAsync(actor, Off.Password, Aborted);
        problems = switched.Errors;
        if (switched.IsFailure)
            return;
        await Sessions.RenewAsync(actor.UserId!.Value, Aborted);
        await LoadAsync(actor);
    }

    private static string Digits(string code) => code.Replace(" ", "", StringComparison.Ordinal);

    private sealed class CodeWords
    {
        [Required(ErrorMessage = "Type the code that your app shows."), MaxLength(9, ErrorMessage = "The code has six digits.")]
        public string Code { get; set; } = "";
    }

    private sealed class PasswordWords
    {
        [Required(ErrorMessage = "Type your password."), MaxLength(256, ErrorMessage = "A password has at most 256 characters.")]
        public string Password { get; set; } = "";
    }
}
