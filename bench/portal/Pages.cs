namespace Platform.PortalBench;

/// <summary>The pages that show data, with those of single things at their fullest.</summary>
internal static class Pages
{
    public static IEnumerable<(string Name, string Path)> All(Size size)
    {
        var task = Bundles.NameOf(1);
        yield return ("home", "/");
        yield return ("tasks", "/tasks");
        yield return ("tasks, found by name", "/tasks?find=task-1");
        yield return ("one task", $"/tasks/{task}");
        yield return ($"dataset of {size.Rows:N0} rows", $"/tasks/{task}/data/1");
        yield return ("the same, one label", $"/tasks/{task}/data/1?label=praise");
        yield return ("the same, found by words", $"/tasks/{task}/data/1?find=refund%20parcel");
        yield return ("the same, from the middle", $"/tasks/{task}/data/1?from={size.Rows / 2}");
        yield return ("labels of a task", $"/tasks/{task}/labels");
        yield return ("runs", "/runs");
        yield return ("one run", $"/runs/{size.Versions}");
        yield return ("plan a run", "/runs/plan");
        yield return ("model versions", "/models");
        yield return ("one model version", $"/models/{size.Versions}");
        yield return ("deployments", "/deployments");
        yield return ("one deployment", $"/deployments/{size.Versions}");
        yield return ("usage", "/usage");
        yield return ("cost of tasks", "/costs");
        yield return ("budgets", "/budgets");
        yield return ("API keys", "/keys");
        yield return ("users and teams", "/admin/users");
        yield return ("rates", "/admin/rates");
        yield return ("audit log", "/admin/audit");
    }
}
