using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Usage;

/// <summary>Requests as the Api hands them to the ledger.</summary>
internal static class UsageDrafts
{
    private static int last;

    public static UsageDraft Draft(
        DateTimeOffset at, Guid task = default, Guid team = default, Guid key = default, long device = 5000, string? request = null) => new(
        at, request ?? $"req_{Interlocked.Increment(ref last)}", task, team, key, Guid.Empty, Guid.Empty, 1, 100, 20, 2, device, UsageStatus.Ok, TimeSpan.FromMilliseconds(8));
}
