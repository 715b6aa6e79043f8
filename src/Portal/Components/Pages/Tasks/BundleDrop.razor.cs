using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Platform.Domain.Bundles;
using Platform.Domain.Datasets;
using Platform.Domain.Results;
using Platform.Domain.Tasks;

namespace Platform.Portal.Components.Pages.Tasks;

/// <summary>Takes a bundle's task.json into the form; its data stays in the browser until the task is there and the upload page sends it.</summary>
public sealed partial class BundleDrop : IAsyncDisposable
{
    /// <summary>A task.json holds at most some thousand labels.</summary>
    private const int LargestTaskFile = 1 << 20;

    private ElementReference zone;
    private DotNetObjectReference<BundleDrop>? self;
    private IJSObjectReference? attached;
    private IReadOnlyList<Error> errors = [];
    private string? taken;

    [Inject]
    public required IJSRuntime Js { get; set; }

    /// <summary>What task.json says. Nothing in it has been checked against the rules for tasks.</summary>
    [Parameter]
    public EventCallback<TaskDraft> OnRead { get; set; }

    /// <summary>The upload page of this task, opened next in this tab, sends the bundle's files.</summary>
    public async Task HandOverAsync(string task)
    {
        if (attached is not null && taken is not null)
            await attached.InvokeVoidAsync("handOver", task);
    }

    [JSInvokable]
    public async Task TakeAsync(IJSStreamReference task, IReadOnlyList<string> names, IReadOnlyList<string> splits)
    {
        if (task.Length > LargestTaskFile)
        {
            await RefuseAsync($"{BundleFolder.TaskFile} has {task.Length:N0} bytes; at most {LargestTaskFile:N0} are read. Is it the right file?");
            return;
        }

        await using var stream = await task.OpenReadStreamAsync(LargestTaskFile);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var draft = BundleFolder.Parse(await reader.ReadToEndAsync());
        errors = draft.Errors;
        taken = draft.IsSuccess ? Words(names, splits) : null;
        if (draft.IsSuccess)
            await OnRead.InvokeAsync(draft.Value);
        StateHasChanged();
    }

    [JSInvokable]
    public Task RefuseAsync(string problem)
    {
        errors = [Error.Invalid("bundle_refused", problem)];
        taken = null;
        StateHasChanged();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (attached is not null)
            {
                await attached.InvokeVoidAsync("detach");
                await attached.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }

        self?.Dispose();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        await using var module = await Js.InvokeAsync<IJSObjectReference>("import", "./bundle.js");
        attached = await module.InvokeAsync<IJSObjectReference>("attach", zone, self);
    }

    private static string Words(IReadOnlyList<string> names, IReadOnlyList<string> splits)
    {
        var missing = Splits.All.Select(split => split.ToWire()).Except(splits, StringComparer.Ordinal).ToList();
        var data = names.Count == 0 ? "" : $" Its data ({string.Join(", ", names)}) follows once the task is registered.";
        return $"The form is filled in from the bundle; look it over.{data}{(missing.Count == 0 ? "" : $" It holds no file for {string.Join(" and ", missing)}: choose one on the next page.")}";
    }
}
