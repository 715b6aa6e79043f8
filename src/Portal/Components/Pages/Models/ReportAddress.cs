namespace Platform.Portal.Components.Pages.Models;

/// <summary>Where the evaluation report of a task is.</summary>
public static class ReportAddress
{
    public static string Of(int version, string task) => $"/models/{version}/tasks/{Uri.EscapeDataString(task)}";
}
