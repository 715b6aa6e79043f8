using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using MudBlazor;

namespace Platform.Portal.Components.Layout;

public sealed partial class MainLayout
{
    private MudThemeProvider? theme;
    private ErrorBoundary? boundary;
    private IJSObjectReference? preference;
    private bool isDark;
    private bool open = true;

    [Inject]
    public required IJSRuntime Js { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    private string SkipTarget => Navigation.Uri.Split('#')[0] + "#content";

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (preference is not null)
                await preference.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }
    }

    protected override void OnParametersSet() => boundary?.Recover();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        preference = await Js.InvokeAsync<IJSObjectReference>("import", "./theme.js");
        isDark = await preference.InvokeAsync<bool>("isDark");
        StateHasChanged();
    }

    private async Task ToggleThemeAsync()
    {
        isDark = !isDark;
        if (preference is not null)
            await preference.InvokeVoidAsync("remember", isDark);
    }
}
