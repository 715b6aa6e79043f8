using MudBlazor;

namespace Platform.Portal.Components.Controls;

public static class ReasonDialogs
{
    /// <returns>The reason, or null when the user went back.</returns>
    public static async Task<string?> AskReasonAsync(
        this IDialogService dialogs, string title, string text, string confirmation, Color tone = Color.Primary, string? consent = null)
    {
        var parameters = new DialogParameters<ReasonDialog>
        {
            { dialog => dialog.Text, text },
            { dialog => dialog.Confirmation, confirmation },
            { dialog => dialog.Tone, tone },
            { dialog => dialog.Consent, consent },
        };
        var options = new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true };
        var shown = await dialogs.ShowAsync<ReasonDialog>(title, parameters, options);
        return await shown.Result is { Canceled: false, Data: string reason } ? reason : null;
    }
}
