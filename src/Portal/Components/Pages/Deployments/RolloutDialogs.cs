using MudBlazor;
using Platform.Domain.Deployments;

namespace Platform.Portal.Components.Pages.Deployments;

/// <summary>What an admin chose, and why.</summary>
/// <param name="Upstream">Name of the engine outside that serves it; null for the Api's own.</param>
public sealed record RolloutChoice(RolloutPlan Plan, string? Upstream, string Reason);

public static class RolloutDialogs
{
    /// <returns>The choice, or null when the user went back.</returns>
    public static async Task<RolloutChoice?> AskRolloutAsync(this IDialogService dialogs, string title, DialogParameters<RolloutDialog> parameters)
    {
        var options = new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true };
        var shown = await dialogs.ShowAsync<RolloutDialog>(title, parameters, options);
        return await shown.Result is { Canceled: false, Data: RolloutChoice choice } ? choice : null;
    }
}
