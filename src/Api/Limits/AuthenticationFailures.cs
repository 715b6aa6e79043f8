using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;

namespace Platform.Api.Limits;

/// <summary>
/// Slows down who tries keys: an address that failed too often is refused before the database is asked. A key that worked before works
/// on, so one misconfigured program does not lock out those that share its address.
/// </summary>
internal sealed class AuthenticationFailures(IOptions<ApiOptions> options, TimeProvider clock)
{
    /// <summary>Above it, addresses that may fail freely again are forgotten.</summary>
    private const int ManyAddresses = 10_000;

    private readonly ConcurrentDictionary<IPAddress, Allowance> failures = [];

    /// <returns>How long the address has to wait; null when it may try.</returns>
    public TimeSpan? Blocked(IPAddress? address) =>
        failures.TryGetValue(Known(address), out var allowance) && !allowance.TryTake(0, out _) ? Wait(allowance) : null;

    public void Count(IPAddress? address)
    {
        if (failures.Count > ManyAddresses)
            foreach (var (known, forgiven) in failures)
                if (forgiven.UntilFull == TimeSpan.Zero)
                    failures.TryRemove(known, out _);
        failures.GetOrAdd(Known(address), _ => new Allowance(options.Value.MaxAuthenticationFailures, clock)).Spend(1);
    }

    private static TimeSpan Wait(Allowance allowance)
    {
        allowance.TryTake(1, out var wait);
        return wait;
    }

    private static IPAddress Known(IPAddress? address) => address ?? IPAddress.None;
}
