using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;
using Platform.Domain.Datasets;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;

namespace Platform.Portal.Components.Pages.Tasks;

public sealed partial class UploadDataset : IAsyncDisposable
{
    private static readonly (Split Split, string Label, string Hint)[] Files =
    [
        (Split.Train, "Training file", "What the model learns from."),
        (Split.Validation, "Validation file", "Watched while training: it decides when to stop."),
        (Split.Test, "Test file", "Looked at once, at the end. Aim for 200 rows or more: fewer make the score's interval wide."),
    ];

    private ElementReference? form;
    private IJSObjectReference? module;
    private IJSObjectReference? attached;

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required IOptions<PlatformOptions> Limits { get; set; }

    [Inject]
    public required IJSRuntime Js { get; set; }

    [Parameter]
    public required string Name { get; set; }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (attached is not null)
            {
                await attached.InvokeVoidAsync("detach");
                await attached.DisposeAsync();
            }

            if (module is not null)
                await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }
    }

    private static string Example(TaskDefinition task)
    {
        var output = JsonSerializer.Serialize(task.Kind switch
        {
            TaskKind.Similarity => "3.5",
            TaskKind.Tagging or TaskKind.Extraction => task.Labels.Count > 0 ? $"{task.Labels[0]}: words; {task.Labels[^1]}: words" : "type: words",
            TaskKind.Generation => "The answer as it should be written.",
            _ => task.Labels.Count > 0 ? task.Labels[0] : "label",
        });
        var second = task.Kind is TaskKind.PairClassification or TaskKind.Similarity ? ", \"text2\": \"The second text.\"" : "";
        return $$"""
            {"id": "r1", "input": {"text": "The text that the application sends."{{second}}}, "output": {{output}}}
            {"id": "r2", "input": {"text": "Another one."{{second}}}, "output": {{output}}}
            """;
    }

    /// <summary>The form appears once the task is loaded, some renders after the first.</summary>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (form is not { } element || attached is not null || module is not null)
            return;
        module = await Js.InvokeAsync<IJSObjectReference>("import", "./upload.js");
        attached = await module.InvokeAsync<IJSObjectReference>("attach", element);
    }
}
