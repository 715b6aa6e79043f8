using MudBlazor;
using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Fleet;
using Platform.Domain.Models;
using Platform.Domain.Runs;

namespace Platform.Portal.Components.Controls;

/// <summary>Which theme colour a state has: the same on every page.</summary>
public static class Tones
{
    public static Color Of(DatasetStatus status) => status switch
    {
        DatasetStatus.Ready => Color.Success,
        DatasetStatus.Rejected => Color.Error,
        _ => Color.Info,
    };

    public static Color Of(RunStatus status) => status switch
    {
        RunStatus.Succeeded => Color.Success,
        RunStatus.Failed => Color.Error,
        RunStatus.Cancelling or RunStatus.Pausing or RunStatus.Paused => Color.Warning,
        RunStatus.Cancelled => Color.Default,
        _ => Color.Info,
    };

    public static Color Of(RunStepStatus status) => status switch
    {
        RunStepStatus.Done => Color.Success,
        RunStepStatus.Failed => Color.Error,
        RunStepStatus.Running => Color.Info,
        _ => Color.Default,
    };

    public static Color Of(DeploymentStatus status) => status switch
    {
        DeploymentStatus.Live => Color.Success,
        DeploymentStatus.Rejected or DeploymentStatus.Failed => Color.Error,
        DeploymentStatus.Requested => Color.Warning,
        DeploymentStatus.Approved or DeploymentStatus.Deploying or DeploymentStatus.Trial => Color.Info,
        _ => Color.Default,
    };

    public static Color Of(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => Color.Success,
        GateVerdict.Fail => Color.Error,
        _ => Color.Warning,
    };

    public static Color Of(TaskDecision decision) => decision switch
    {
        TaskDecision.Kept => Color.Success,
        TaskDecision.Isolated => Color.Warning,
        _ => Color.Default,
    };

    public static Color Of(HostState state) => state switch
    {
        HostState.Alive => Color.Success,
        HostState.Silent => Color.Warning,
        _ => Color.Default,
    };

    public static Color Of(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => Color.Error,
        FindingSeverity.Warning => Color.Warning,
        _ => Color.Default,
    };

    public static Color Of(RunEventSeverity severity) => severity switch
    {
        RunEventSeverity.Error => Color.Error,
        RunEventSeverity.Warning => Color.Warning,
        _ => Color.Default,
    };

    public static string Name(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => "Pass",
        GateVerdict.Fail => "Fail",
        _ => "Too few rows",
    };
}
