using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Components.Controls;

/// <summary>
/// Loads something and shows it: loading, empty, error and content look the same on every page. With <see cref="RefreshEvery"/> it
/// loads again and again until <see cref="IsFinal"/> says that nothing changes any more, or the page is left.
/// </summary>
public sealed partial class DataView<T>
{
    private readonly CancellationTokenSource disposal = new();
    private IReadOnlyList<Error> errors = [];
    private T? value;
    private object? loadedKey;
    private object? loadedStamp;
    private int latestLoad;
    private bool polls;

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    /// <summary>Plural or singular, as in "Loading the tasks".</summary>
    [Parameter, EditorRequired]
    public required string What { get; set; }

    [Parameter, EditorRequired]
    public required Func<Actor, CancellationToken, Task<Result<T>>> Load { get; set; }

    /// <summary>Loads anew when it changes: give what the load depends on, such as the filter in the address.</summary>
    [Parameter]
    public object? Key { get; set; }

    [Parameter]
    public Func<T, bool>? IsEmpty { get; set; }

    [Parameter]
    public TimeSpan? RefreshEvery { get; set; }

    [Parameter]
    public Func<T, bool>? IsFinal { get; set; }

    /// <summary>Something small that changes whenever what is shown does: it is asked for again and again, and the rest is loaded only when it differs.</summary>
    [Parameter]
    public Func<CancellationToken, Task<object?>>? Stamp { get; set; }

    /// <summary>Whether the content holds the page's header: then a failure has one of its own.</summary>
    [Parameter]
    public bool IsPage { get; set; }

    [Parameter]
    public RenderFragment? Empty { get; set; }

    [Parameter, EditorRequired]
    public required RenderFragment<T> Content { get; set; }

    private string Failure => IsMissing ? $"{char.ToUpperInvariant(What[0])}{What[1..]} not found" : $"The {What} could not be loaded";

    private bool IsMissing => errors is [{ Status: StatusCodes.Status404NotFound }, ..];

    public void Dispose()
    {
        disposal.Cancel();
        disposal.Dispose();
    }

    public Task ReloadAsync() => LoadAsync(onlyIfChanged: false);

    private async Task LoadAsync(bool onlyIfChanged)
    {
        var load = ++latestLoad;
        var token = disposal.Token;
        object? stamp = null;
        Result<T> result;
        try
        {
            result = await Actors.RunAsync(async (actor, cancellation) =>
            {
                // Before what it stands for: what changes in between is found the next time.
                stamp = Stamp is null ? null : await Stamp(cancellation);
                return onlyIfChanged && value is { } same && stamp is not null && Equals(stamp, loadedStamp) && errors.Count == 0 ? same : await Load(actor, cancellation);
            }, token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return;
        }

        // An older load that ends after a newer one has nothing to say.
        if (load != latestLoad)
            return;
        if (result.IsSuccess && errors.Count == 0 && ReferenceEquals(result.Value, value))
            return;
        (errors, loadedStamp) = (result.Errors, stamp);
        if (result.IsSuccess)
            value = result.Value;
        StateHasChanged();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (latestLoad > 0 && Equals(loadedKey, Key))
            return;
        loadedKey = Key;
        value = null;
        await ReloadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (polls || RefreshEvery is not { } pause || value is null || IsFinal?.Invoke(value) == true)
            return;
        polls = true;
        await PollAsync(pause);
        polls = false;
    }

    private async Task PollAsync(TimeSpan pause)
    {
        using var timer = new PeriodicTimer(pause, Clock);
        try
        {
            while (value is null || IsFinal?.Invoke(value) != true)
            {
                await timer.WaitForNextTickAsync(disposal.Token);
                await InvokeAsync(() => LoadAsync(onlyIfChanged: true));
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }
}
