using System.Globalization;
using System.Text.Json.Serialization;
using Platform.Domain.Rates;

namespace Platform.Domain.Savings;

/// <summary>What one server process took to answer its part of the traffic.</summary>
/// <param name="Tasks">The tasks whose requests it answered.</param>
/// <param name="Refused">Requests that are too long for the model; they are not among <paramref name="Requests"/>.</param>
/// <param name="ResidentBytes">Memory that it held when all was answered.</param>
/// <param name="P95">Latency that 95 % of its requests stayed under.</param>
public sealed record ServerMeasurement(IReadOnlyList<string> Tasks, int Requests, int Refused, long PromptTokens, long BusyMicroseconds, long ResidentBytes, TimeSpan P50, TimeSpan P95);

/// <summary>Servers of one kind over the traffic's time: how many the load needs, what they hold and what they cost.</summary>
/// <param name="BusyShare">Share of the time that they were busy.</param>
/// <param name="CostWhileUp">They are up all the time.</param>
/// <param name="CostWhileBusy">As if they cost nothing while idle.</param>
public sealed record ServerBill(int Servers, long BusyMicroseconds, double BusyShare, long ResidentBytes, Money CostWhileUp, Money CostWhileBusy);

/// <summary>
/// The same traffic on one shared server and on one dedicated server for each task, both measured: device time, memory, and what follows for
/// money at a price for the device hour. How many servers a load needs is computed by the same rule for both sides.
/// </summary>
/// <param name="Traffic">Where the traffic came from, in words.</param>
/// <param name="WindowMicroseconds">How long the traffic lasts; servers are up for all of it.</param>
/// <param name="TargetShare">The busy share at which another server is added.</param>
public sealed record SavingReport(
    int ModelVersion,
    DateTimeOffset MeasuredAt,
    string Processor,
    string Traffic,
    long WindowMicroseconds,
    double TargetShare,
    long PricePerHourNano,
    string Currency,
    ServerMeasurement Shared,
    IReadOnlyList<ServerMeasurement> Dedicated)
{
    [JsonIgnore]
    public ServerBill SharedBill => Bill(Shared);

    [JsonIgnore]
    public IReadOnlyList<ServerBill> DedicatedBills => [.. Dedicated.Select(Bill)];

    [JsonIgnore]
    public ServerBill DedicatedTotal => DedicatedBills.Aggregate((all, one) => new ServerBill(
        all.Servers + one.Servers, all.BusyMicroseconds + one.BusyMicroseconds, (double)(all.BusyMicroseconds + one.BusyMicroseconds) / WindowMicroseconds / (all.Servers + one.Servers),
        all.ResidentBytes + one.ResidentBytes, Sum(all.CostWhileUp, one.CostWhileUp), Sum(all.CostWhileBusy, one.CostWhileBusy)));

    /// <summary>1 - shared / dedicated, of the cost of servers that are up: the overhead reduction as the paper states it, with measured loads.</summary>
    [JsonIgnore]
    public double OverheadReduction => Reduction(SharedBill.CostWhileUp.Nano, DedicatedTotal.CostWhileUp.Nano);

    [JsonIgnore]
    public double MemoryReduction => Reduction(SharedBill.ResidentBytes, DedicatedTotal.ResidentBytes);

    /// <summary>Of the device's busy time: what batching requests of different tasks together gains or loses by itself.</summary>
    [JsonIgnore]
    public double BusyReduction => Reduction(SharedBill.BusyMicroseconds, DedicatedTotal.BusyMicroseconds);

    /// <summary>What the figures rest on, in sentences for people.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Assumptions =>
    [
        $"The traffic: {Traffic}.{(Shared.Refused > 0 ? Text($" {Shared.Refused:N0} of them are too long for the model and were refused on both sides.") : "")}",
        Text($"Shared and dedicated servers are up for the whole {TimeSpan.FromMicroseconds(WindowMicroseconds):d\\.hh\\:mm\\:ss} of the traffic and cost {new Money(PricePerHourNano, Currency)} an hour, each with a device of its own."),
        Text($"A server is added as soon as those that are up would be busy for more than {TargetShare:P0} of the time; fewer than one server is not possible."),
        "A dedicated server holds a model of the same base as the shared one, so it has the same size and speed; the shared version's weights, with that one task, stand for it.",
        "Each server was measured alone in a process of its own, after one request of each of its tasks to warm up. Every step was computed; time in which nothing was to do was passed over.",
        "The web server in front of the engine, the network and the ledger are not in it: each request passes them once on either side.",
    ];

    private ServerBill Bill(ServerMeasurement server)
    {
        var rate = new Rate { StartsAt = default, PricePerHourNano = PricePerHourNano, Currency = Currency, CreatedAt = default, CreatedByName = "" };
        var servers = Math.Max(1, (int)Math.Ceiling(server.BusyMicroseconds / (WindowMicroseconds * TargetShare)));
        return new ServerBill(
            servers, server.BusyMicroseconds, (double)server.BusyMicroseconds / WindowMicroseconds / servers, servers * server.ResidentBytes,
            Money.OfDeviceTime(servers * WindowMicroseconds, rate), Money.OfDeviceTime(server.BusyMicroseconds, rate));
    }

    private static Money Sum(Money one, Money other) => one with { Nano = one.Nano + other.Nano };

    private static double Reduction(long shared, long dedicated) => dedicated == 0 ? 0 : 1 - (double)shared / dedicated;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
