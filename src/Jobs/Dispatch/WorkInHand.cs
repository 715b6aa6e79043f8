using System.Globalization;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace Platform.Jobs.Dispatch;

/// <summary>
/// What was handed to Hangfire and is not finished, so that no poll of any host hands it over again. It is kept where Hangfire keeps its
/// jobs: in memory with SQLite, where there is one host, and shared by all hosts with PostgreSQL. If it is lost, rows are handed over
/// twice, and the claim on the row lets one job in.
/// </summary>
public sealed class WorkInHand(JobStorage storage, TimeProvider clock)
{
    private const string JobField = "job";
    private const string NotBeforeField = "not-before";

    /// <summary>A job that began this long ago and holds no claim never will: its host died.</summary>
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(15);

    /// <summary>Nothing stays longer than this, whatever happens.</summary>
    private static readonly TimeSpan Expiry = TimeSpan.FromDays(1);

    /// <summary>Hands over what nobody has in hand.</summary>
    /// <param name="id">A row that nobody alive works on.</param>
    /// <param name="enqueue">Gives Hangfire the work; returns the job's id.</param>
    /// <returns>The job's id; null when it is in hand already, or broke off a moment ago.</returns>
    public string? TryBegin(Guid id, Func<string> enqueue)
    {
        using var connection = storage.GetConnection();
        if (connection.GetAllEntriesFromHash(Key(id)) is { } known && (Rests(known) || IsWaiting(connection, known)))
            return null;
        var job = enqueue();
        using var transaction = connection.CreateWriteTransaction();
        transaction.SetRangeInHash(Key(id), [new(JobField, job)]);
        (transaction as JobStorageTransaction)?.ExpireHash(Key(id), Expiry);
        transaction.Commit();
        return job;
    }

    /// <param name="pause">How long it rests before it may be handed over again.</param>
    public void End(Guid id, TimeSpan pause)
    {
        using var connection = storage.GetConnection();
        using var transaction = connection.CreateWriteTransaction();
        if (pause == TimeSpan.Zero)
            transaction.RemoveHash(Key(id));
        else
            transaction.SetRangeInHash(Key(id), [new(NotBeforeField, (clock.GetUtcNow() + pause).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture))]);
        transaction.Commit();
    }

    private static string Key(Guid id) => $"platform:in-hand:{id:N}";

    private bool Rests(Dictionary<string, string> known) =>
        known.TryGetValue(NotBeforeField, out var moment)
        && clock.GetUtcNow() < DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(moment, CultureInfo.InvariantCulture));

    /// <summary>The job is in the queue, or a worker has just taken it.</summary>
    private bool IsWaiting(IStorageConnection connection, Dictionary<string, string> known)
    {
        if (!known.TryGetValue(JobField, out var job) || connection.GetStateData(job) is not { } state)
            return false;
        if (state.Name != ProcessingState.StateName)
            return state.Name == EnqueuedState.StateName;
        return state.Data.TryGetValue("StartedAt", out var started)
            && clock.GetUtcNow() - JobHelper.DeserializeDateTime(started) < ClaimPatience;
    }
}
