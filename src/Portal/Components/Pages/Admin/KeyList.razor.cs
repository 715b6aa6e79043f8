using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class KeyList
{
    private DataView<IReadOnlyList<ApiKey>>? data;
    private IReadOnlyList<Error> errors = [];
    private string? secret;
    private bool issuing;

    [Inject]
    public required ApiKeys Keys { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

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

    private async Task ShowAsync(IssuedKey issued)
    {
        issuing = false;
        secret = issued.Secret;
        await data!.ReloadAsync();
    }

    private async Task RevokeAsync(ApiKey key)
    {
        var reason = await Dialogs.AskReasonAsync($"Revoke {key.Name}?", "Requests with this key fail from the next one on. This cannot be undone.", "Revoke", Color.Error);
        if (reason is null)
            return;
        var revoked = await Actors.RunAsync((actor, cancellation) => Keys.RevokeAsync(actor, key.Id, reason, cancellation), CancellationToken.None);
        errors = revoked.Errors;
        await data!.ReloadAsync();
    }
}
