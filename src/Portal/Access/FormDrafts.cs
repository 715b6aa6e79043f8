using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.ProtectedBrowserStorage;
using Microsoft.JSInterop;

namespace Platform.Portal.Access;

/// <summary>
/// Keeps half-filled forms in the browser's storage of this tab, so that they outlive the circuit: a restart of the portal, a lost connection,
/// a reload. They are encrypted with the platform's keys, and with the user's id among what encrypts: whoever signs in next in this tab cannot read them.
/// </summary>
public sealed class FormDrafts(ProtectedSessionStorage storage, AuthenticationStateProvider sessions)
{
    /// <summary>What comes back from the browser has to fit into one message of the circuit (32 KB), encrypted and encoded.</summary>
    private const int LongestText = 16_000;

    /// <summary>What is too long to come back is not kept, and what was kept before goes: half of a form would be worse than none.</summary>
    public Task KeepAsync(string form, string json) => json.Length > LongestText
        ? DropAsync(form)
        : TryAsync(async purpose => await storage.SetAsync(purpose, KeyOf(form), json));

    /// <returns>Null when there is none, or none that can be read any more.</returns>
    public async Task<string?> FindAsync(string form)
    {
        string? found = null;
        await TryAsync(async purpose => found = (await storage.GetAsync<string>(purpose, KeyOf(form))).Value);
        return found;
    }

    public Task DropAsync(string form) => TryAsync(async _ => await storage.DeleteAsync(KeyOf(form)));

    private static string KeyOf(string form) => $"platform.draft.{form}";

    /// <summary>A draft is a convenience: whatever goes wrong with it must not disturb the form.</summary>
    private async Task TryAsync(Func<string, Task> work)
    {
        try
        {
            if (CurrentActor.UserIdOf((await sessions.GetAuthenticationStateAsync()).User) is { } user)
                await work($"Platform.FormDraft.{user:N}");
        }
        catch (Exception exception) when (exception is JSException or JSDisconnectedException or CryptographicException or JsonException or OperationCanceledException)
        {
            // Storage is full or switched off, the browser is gone, or the draft is somebody else's or of an older build.
        }
    }
}
