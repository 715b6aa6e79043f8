using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Controls;

/// <summary>Put it into a form that takes minutes to fill in: what somebody typed is kept, and comes back after a restart or a reload.</summary>
public sealed partial class FormDraft<T>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { IgnoreReadOnlyProperties = true };

    private readonly CancellationTokenSource disposal = new();
    private string untouched = "";
    private string kept = "";
    private bool isRestored;
    private ElementReference mark;
    private IJSObjectReference? typing;

    [Inject]
    public required IJSRuntime Js { get; set; }

    [Inject]
    public required FormDrafts Drafts { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    /// <summary>Which form; forms about different things have different names.</summary>
    [Parameter, EditorRequired]
    public required string Form { get; set; }

    /// <summary>What the form holds now.</summary>
    [Parameter, EditorRequired]
    public required Func<T> Value { get; set; }

    /// <summary>Put this into the form.</summary>
    [Parameter, EditorRequired]
    public required EventCallback<T> Restored { get; set; }

    /// <summary>The form did what it was for, or was given up.</summary>
    public async Task DropAsync()
    {
        await disposal.CancelAsync();
        await Drafts.DropAsync(Form);
    }

    public async ValueTask DisposeAsync()
    {
        await disposal.CancelAsync();
        disposal.Dispose();
        if (typing is null)
            return;
        try
        {
            await typing.InvokeVoidAsync("detach");
            await typing.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        var token = disposal.Token;
        untouched = kept = Written();
        if (await Drafts.FindAsync(Form) is { } found && found != untouched && Read(found) is { } draft && !token.IsCancellationRequested)
        {
            (isRestored, kept) = (true, found);
            await Restored.InvokeAsync(draft);
            StateHasChanged();
        }

        await FollowTypingAsync(token);
        await WatchAsync(token);
    }

    private async Task FollowTypingAsync(CancellationToken token)
    {
        try
        {
            await using var module = await Js.InvokeAsync<IJSObjectReference>("import", token, "./draft.js");
            typing = await module.InvokeAsync<IJSObjectReference>("attach", token, mark);
        }
        catch (Exception exception) when (exception is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // Then fields are kept once they are left.
        }
    }

    private async Task StartAfreshAsync()
    {
        isRestored = false;
        await Drafts.DropAsync(Form);
        kept = untouched;
        await Restored.InvokeAsync(Read(untouched));
    }

    private async Task WatchAsync(CancellationToken token)
    {
        using var timer = new PeriodicTimer(Pause, Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(token))
            {
                var now = Written();
                if (now == kept)
                    continue;
                kept = now;
                await (now == untouched ? Drafts.DropAsync(Form) : Drafts.KeepAsync(Form, now));
            }
        }
        catch (OperationCanceledException)
        {
            // The form is gone.
        }
    }

    private string Written() => JsonSerializer.Serialize(Value(), Json);

    /// <returns>Null for what an older build of the portal wrote in another way.</returns>
    private static T? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
