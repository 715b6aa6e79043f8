using System.Threading.RateLimiting;

namespace Platform.Portal.Access;

/// <summary>Counts wrong invitation codes by the caller's address. Codes cannot be guessed anyway; this keeps guessing from costing anything.</summary>
public sealed class InvitationAttempts : IDisposable
{
    public const int MostFailures = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly PartitionedRateLimiter<string> failures = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetFixedWindowLimiter(
        address, _ => new FixedWindowRateLimiterOptions { PermitLimit = MostFailures, Window = Window, QueueLimit = 0 }));

    public bool AreExhausted(HttpContext context)
    {
        using var lease = failures.AttemptAcquire(AddressOf(context), permitCount: 0);
        return !lease.IsAcquired;
    }

    public void CountFailure(HttpContext context) => failures.AttemptAcquire(AddressOf(context)).Dispose();

    public void Dispose() => failures.Dispose();

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";
}
