using MudBlazor;

namespace Platform.Portal.Components.Pages.Samples;

public static class SamplingDialogs
{
    private static readonly DialogOptions Options = new() { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true };

    /// <returns>Whether the stored samples are to be deleted, too; null when the user went back.</returns>
    public static async Task<bool?> AskWhetherToDeleteAsync(this IDialogService dialogs)
    {
        var shown = await dialogs.ShowAsync<SamplingOffDialog>("Switch sampling off?", Options);
        return await shown.Result is { Canceled: false, Data: bool deleteToo } ? deleteToo : null;
    }

    public static async Task<bool> ConfirmAsync(this IDialogService dialogs, string title, string text, string confirmation) =>
        await dialogs.ShowMessageBoxAsync(title, text, confirmation, cancelText: "Cancel", options: Options) == true;
}
