using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Engine.Training;

namespace Platform.Jobs.Runs;

/// <summary>What went wrong, where, and what to do: the sentence that a failed run shows.</summary>
internal static class RunFailures
{
    private const double Mebibyte = 1 << 20;

    /// <param name="step">The step at work, or null before the first one.</param>
    /// <param name="task">The task that the step concerns, or null.</param>
    public static string Describe(Exception exception, RunStep? step, string? task, string folder) => exception switch
    {
        StorageException => $"{Place(step, task)}: {exception.Message} Then try the run again; it goes on from here.",
        _ when StorageErrors.IsDiskFull(exception) => DiskFull(step, task, folder),
        TrainingDivergedException => $"{Place(step, task)}: {Sentence(exception)} Lower learningRate{(step?.Kind == RunStepKind.Adapter ? " (adapterLearningRate for an adapter)" : "")} or raise warmupShare, and plan a new run; nothing else of this one is lost.",
        TrainingMemoryException => $"{Place(step, task)}: {Sentence(exception)}",
        InvalidDataException => $"{Place(step, task)}: {Sentence(exception)}",
        _ when MemoryShortage.IsCauseOf(exception) => OutOfMemory(step, task),
        IOException or UnauthorizedAccessException => $"{Place(step, task)}: a file could not be read or written: {Sentence(exception)} Mend that, then try the run again; it goes on from its last checkpoint.",
        _ => $"{Place(step, task)}: an unexpected error ({exception.GetType().Name}: {Sentence(exception)}) Its details are in the log of Jobs. Try the run again; it goes on from its last checkpoint.",
    };

    private static string DiskFull(RunStep? step, string? task, string folder)
    {
        var (needed, free) = Room(folder);
        var have = free is { } bytes ? $"{bytes / Mebibyte:N0} MiB are free" : "nothing is free";
        return $"{Place(step, task)}: the disk is full: {have} in '{folder}', and the next checkpoint needs about {needed / Mebibyte:N0} MiB. Free at least {Math.Max(1, (needed - (free ?? 0)) / Mebibyte):N0} MiB there, then try the run again; the last checkpoint is kept and it goes on from there.";
    }

    /// <summary>A checkpoint replaces one that is kept until the new one is whole; so its size is what the folder's largest file has.</summary>
    private static (double Needed, long? Free) Room(string folder)
    {
        try
        {
            var files = Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("*", SearchOption.AllDirectories) : [];
            return (Math.Max(64 * Mebibyte, files.Select(file => (double)file.Length).DefaultIfEmpty(0).Max() * 1.2), new DriveInfo(folder).AvailableFreeSpace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Only for the message: the error itself stands without it.
            return (64 * Mebibyte, null);
        }
    }

    private static string OutOfMemory(RunStep? step, string? task) =>
        $"{Place(step, task)}: there was not enough memory. Lower batchExamples or maxTokens in the recipe and plan a new run, or free memory and try this one again; it goes on from its last checkpoint.";

    public static string Place(RunStep? step, string? task)
    {
        var name = step?.Kind switch
        {
            null => "Before the first step",
            RunStepKind.CheckData => "In the data check",
            RunStepKind.Baseline => "In the single-task baseline",
            RunStepKind.Probe => "In the probe",
            RunStepKind.Stage0 => "In stage 0",
            RunStepKind.Stage2 => "In stage 2",
            RunStepKind.Stage3 => "In stage 3",
            RunStepKind.Adapter => "In the adapter's training",
            RunStepKind.Evaluate => "In the evaluation",
            _ => "In the registration of the model version",
        };
        return task is null ? name : $"{name} of {task}";
    }

    private static string Sentence(Exception exception)
    {
        var message = exception.Message.Trim();
        return message.EndsWith('.') ? message : message + ".";
    }
}
