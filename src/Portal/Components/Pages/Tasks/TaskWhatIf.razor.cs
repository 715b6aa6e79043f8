using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Domain.WhatIf;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Tasks;

/// <summary>What the task would do to itself and to its neighbours, before it takes part in any run.</summary>
public sealed partial class TaskWhatIf
{
    private DataView<WhatIfView>? data;
    private IReadOnlyList<Error> errors = [];
    private bool isAsking;
    private bool hasProbe = true;

    [Inject]
    public required WhatIfEstimates Estimates { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Parameter, EditorRequired]
    public required TaskDefinition Task { get; set; }

    /// <summary>Whether the task has checked data.</summary>
    [Parameter]
    public bool HasData { get; set; }

    private string WhyEmpty => !HasData
        ? "Upload some hundred rows: the platform then estimates within minutes what joining would do to this task and to its neighbours."
        : hasProbe ? "Estimate what joining would do to this task and to its neighbours; nothing is trained for it."
        : "No run has left a probe yet. After the first run with the filter strategy affinity or leaveOneOut this can be estimated.";

    private async Task<Result<WhatIfView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        hasProbe = await Estimates.HasProbeAsync(cancellationToken);
        return new WhatIfView(await Estimates.NewestAsync(Task.Id, cancellationToken));
    }

    private async Task AskAsync()
    {
        isAsking = true;
        var asked = await Actors.RunAsync((actor, cancellation) => Estimates.AskAsync(actor, Task.Id, cancellation), CancellationToken.None);
        (errors, isAsking) = (asked.Errors, false);
        if (data is not null)
            await data.ReloadAsync();
    }
}

/// <param name="Newest">The task's newest estimate.</param>
public sealed record WhatIfView(WhatIfEstimate? Newest);
