using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class KeyList
{
    private const int PageSize = 50;

    private DataView<IReadOnlyList<ApiKey>>? data;
    private IReadOnlyList<Error> errors = [];
    private string? secret;
    private string secretTitle = "";
    private string secretText = "";
    private bool issuing;

    [Inject]
    public required ApiKeys Keys { get; set; }

    [Inject]
    public required KeyRotation Rotation { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required ViewerTime Times { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    /// <summary>From 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private string State(ApiKey key) => key.RevokedAt is not null ? "Revoked" : key.ExpiresAt <= Clock.GetUtcNow() ? "Expired" : "Active";

    private static string Limits(ApiKey key)
    {
        List<string> limits = [];
        if (key.RequestsPerMinute is { } requests)
            limits.Add($"{Formats.Count(requests)} requests");
        if (key.TokensPerMinute is { } tokens)
            limits.Add($"{Formats.Count(tokens)} tokens");
        return limits.Count == 0 ? "No limit" : string.Join(", ", limits);
    }

    private Task ShowAsync(IssuedKey issued)
    {
        issuing = false;
        return ShowSecretAsync(issued.Secret, "The new key", "Copy it now into your application's settings: nothing can show it again.");
    }

    private Task ShowSecretAsync(string value, string title, string text)
    {
        (secret, secretTitle, secretText) = (value, title, text);
        return data!.ReloadAsync();
    }

    private async Task RotateAsync(ApiKey key)
    {
        var shown = await Dialogs.ShowAsync<RotateDialog>($"A new secret for {key.Name}?", new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true });
        if (await shown.Result is not { Canceled: false, Data: RotateDialog.Choice choice })
            return;
        var rotated = await Actors.RunAsync((actor, cancellation) => Rotation.RotateAsync(actor, key.Id, choice.Grace, choice.Reason, cancellation), CancellationToken.None);
        errors = rotated.Errors;
        if (rotated.IsFailure)
            return;
        var old = choice.Grace == TimeSpan.Zero ? "The old one works no longer." : $"The old one works until {Times.Text(rotated.Value.Key.OldSecretUntil!.Value)}.";
        await ShowSecretAsync(rotated.Value.Secret, $"The new secret of {key.Name}", $"Copy it now into your application's settings: nothing can show it again. {old}");
    }

    private async Task RevokeAsync(ApiKey key)
    {
        var reason = await Dialogs.AskReasonAsync($"Revoke {key.Name}?", "Requests with this key fail within a second. This cannot be undone.", "Revoke", Color.Error);
        if (reason is null)
            return;
        var revoked = await Actors.RunAsync((actor, cancellation) => Keys.RevokeAsync(actor, key.Id, reason, cancellation), CancellationToken.None);
        errors = revoked.Errors;
        await data!.ReloadAsync();
    }
}
