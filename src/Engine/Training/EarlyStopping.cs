namespace Platform.Engine.Training;

/// <summary>Where a task stands between validations.</summary>
internal sealed class TaskProgress
{
    /// <summary>Its lowest validation loss.</summary>
    public double Best { get; set; }

    /// <summary>Batches done when it was measured.</summary>
    public int BestBatch { get; set; }

    /// <summary>Validations since.</summary>
    public int Wait { get; set; }
}

/// <summary>Which tasks have had enough of a training.</summary>
internal static class EarlyStopping
{
    /// <summary>Takes note of a validation.</summary>
    /// <param name="tasks">What is known of each task by its name; changed.</param>
    /// <param name="losses">Its loss now.</param>
    /// <param name="batch">Batches done.</param>
    public static void Note(Dictionary<string, TaskProgress> tasks, IReadOnlyDictionary<string, double> losses, int batch)
    {
        foreach (var (name, loss) in losses)
        {
            if (!tasks.TryGetValue(name, out var task))
                tasks[name] = task = new TaskProgress { Best = double.NaN };
            if (loss < task.Best || double.IsNaN(task.Best))
                (task.Best, task.BestBatch, task.Wait) = (loss, batch, 0);
            else
                task.Wait++;
        }
    }

    /// <summary>The tasks that have not improved for too long, those whose best lies furthest back first; by name where that is equal.</summary>
    /// <param name="tasks">What is known of each.</param>
    /// <param name="stopped">Names of those that have stopped already.</param>
    /// <param name="patience">Validations without improvement that are too many; 0 for never.</param>
    public static IReadOnlyList<string> Overdue(IReadOnlyDictionary<string, TaskProgress> tasks, IReadOnlySet<string> stopped, int patience) => patience <= 0
        ? []
        : [.. tasks.Where(task => task.Value.Wait >= patience && !stopped.Contains(task.Key)).OrderBy(task => task.Value.BestBatch).ThenBy(task => task.Key, StringComparer.Ordinal).Select(task => task.Key)];
}
