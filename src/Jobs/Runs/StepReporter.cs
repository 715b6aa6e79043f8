using Platform.Domain.Runs;
using Platform.Engine.Training;

namespace Platform.Jobs.Runs;

/// <summary>
/// Takes progress from the engine's thread as often as it comes, and writes it to the database about once a second. Its writes
/// also bring the news that the run was cancelled.
/// </summary>
internal sealed class StepReporter : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly RunWriter writer;
    private readonly RunStep step;
    private readonly IReadOnlyDictionary<string, Guid> taskIds;
    private readonly TimeProvider clock;
    private readonly CancellationTokenSource ended = new();
    private readonly Task writing;

    private StepProgress latest;
    private List<MetricPoint> points = [];
    private List<string> notes = [];
    private long? resumedAt;
    private bool isFirst = true;
    private bool isDisposed;

    public StepReporter(RunWriter writer, RunStep step, IReadOnlyDictionary<string, Guid> taskIds, TimeProvider clock)
    {
        (this.writer, this.step, this.taskIds, this.clock) = (writer, step, taskIds, clock);
        latest = new StepProgress(step.ExamplesDone, step.ExamplesTotal, step.TokensDone, step.DeviceMicroseconds, null, null, null);
        writing = WriteAsync();
    }

    /// <summary>From any thread.</summary>
    public void Training(FineTuningProgress progress)
    {
        lock (gate)
        {
            if (isFirst)
                resumedAt = Math.Max(0, progress.ExamplesDone - 1);
            isFirst = false;
            if (progress.ExamplesDone < latest.ExamplesDone)
                RollBackTo(progress.ExamplesDone);
            var left = Math.Max(0, progress.ExamplesTotal - progress.ExamplesDone);
            latest = new StepProgress(
                progress.ExamplesDone, progress.ExamplesTotal, progress.TokensDone, (long)progress.DeviceTime.TotalMicroseconds,
                double.IsFinite(progress.Loss) ? progress.Loss : null, progress.ExamplesPerSecond,
                progress.ExamplesPerSecond > 0 ? left / progress.ExamplesPerSecond : null);
            Add("train_loss", progress.ExamplesDone, progress.TrainLosses);
            Add("validation_loss", progress.ExamplesDone, progress.ValidationLosses);
            if (progress.Event is { } sentence)
                notes.Add(sentence);
        }
    }

    /// <summary>Work that goes through rows without training; from any thread.</summary>
    public void Rows(long done, long total, long tokens, TimeSpan deviceTime, TimeSpan elapsed)
    {
        var rate = elapsed > TimeSpan.Zero ? done / elapsed.TotalSeconds : (double?)null;
        lock (gate)
            latest = new StepProgress(done, total, tokens, (long)deviceTime.TotalMicroseconds, null, rate, rate > 0 ? (total - done) / rate : null);
    }

    /// <summary>Adds what was spent beside training, such as on an evaluation; from any thread.</summary>
    public void Spend(long tokens, TimeSpan deviceTime)
    {
        lock (gate)
            latest = latest with
            {
                TokensDone = latest.TokensDone + tokens,
                DeviceMicroseconds = latest.DeviceMicroseconds + (long)deviceTime.TotalMicroseconds,
            };
    }

    /// <summary>A point of a curve that is not a loss; from any thread.</summary>
    public void Point(string name, string task, long examples, double value)
    {
        lock (gate)
            points.Add(new MetricPoint(name, taskIds[task], examples, value));
    }

    /// <summary>A sentence for the run's log; from any thread.</summary>
    public void Note(string sentence)
    {
        lock (gate)
            notes.Add(sentence);
    }

    /// <summary>Writes what is not written yet, and stops. A step that ends itself calls it before; then nothing happens later.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        await ended.CancelAsync();
        await writing;
        ended.Dispose();
    }

    /// <summary>A task left the mixture at its best: what was measured since belongs to weights that are gone.</summary>
    private void RollBackTo(long examples)
    {
        points.RemoveAll(point => point.Examples > examples);
        resumedAt = Math.Min(resumedAt ?? long.MaxValue, examples);
    }

    private void Add(string name, long examples, IReadOnlyDictionary<string, double>? losses)
    {
        foreach (var (task, loss) in losses ?? new Dictionary<string, double>())
            if (taskIds.TryGetValue(task, out var id))
                points.Add(new MetricPoint(name, id, examples, loss));
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(Pace, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
                await FlushAsync();
        }
        catch (OperationCanceledException)
        {
            // Disposed: one last time below.
        }
        catch (ClaimLostException)
        {
            // The claim's own token stops the step.
            return;
        }

        try
        {
            await FlushAsync();
        }
        catch (ClaimLostException)
        {
            // The step's next write says so too.
        }
    }

    private async Task FlushAsync()
    {
        StepProgress progress;
        List<MetricPoint> newPoints;
        List<string> newNotes;
        long? cut;
        lock (gate)
        {
            (progress, newPoints, newNotes, cut) = (latest, points, notes, resumedAt);
            (points, notes, resumedAt) = ([], [], null);
        }

        try
        {
            // The checkpoint may be older than the last curve points: those are measured again.
            if (cut is { } examples)
                await writer.StartStepAsync(step.Id, examples, CancellationToken.None);
            await writer.ReportAsync(step.Id, progress, newPoints, CancellationToken.None);
            foreach (var note in newNotes)
                await writer.NoteAsync(note, CancellationToken.None);
        }
        catch (Exception exception) when (exception is System.Data.Common.DbException or Microsoft.EntityFrameworkCore.DbUpdateException)
        {
            // Kept for the next second: a database that is busy for a moment must not end a training.
            lock (gate)
            {
                points = [.. newPoints, .. points];
                notes = [.. newNotes, .. notes];
                resumedAt ??= cut;
            }
        }
    }
}
