using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;
using Platform.Domain.Organisations;
using Platform.Domain.Results;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Layout;

public sealed partial class MainLayout
{
    private MudThemeProvider? theme;
    private PageBoundary? boundary;
    private IJSObjectReference? preference;
    private string? organisation;
    private bool isDark;
    private bool open = true;

    [Inject]
    public required IJSRuntime Js { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required ViewerTime Times { get; set; }

    [Inject]
    public required OrganisationBook Organisations { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

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

    protected override async Task OnInitializedAsync()
    {
        var found = await Actors.RunAsync(async (_, cancellation) => Result.Success(await Organisations.NameAsync(cancellation) ?? ""), CancellationToken.None);
        organisation = found is { IsSuccess: true, Value.Length: > 0 } ? found.Value : null;
    }

    protected override void OnParametersSet() => boundary?.Recover();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        preference = await Js.InvokeAsync<IJSObjectReference>("import", "./theme.js");
        isDark = await preference.InvokeAsync<bool>("isDark");
        StateHasChanged();
        await using var viewer = await Js.InvokeAsync<IJSObjectReference>("import", "./viewer.js");
        Times.Use(await viewer.InvokeAsync<string?>("zone"));
    }

    private async Task ToggleThemeAsync()
    {
        isDark = !isDark;
        if (preference is not null)
            await preference.InvokeVoidAsync("remember", isDark);
    }
}
