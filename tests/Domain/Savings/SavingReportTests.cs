using Platform.Domain.Savings;

namespace Platform.Domain.Tests.Savings;

public sealed class SavingReportTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void OverheadReduction_LightTraffic_IsOneServerAgainstOnePerTask()
    {
        var report = Report(window: 3600 * Second, Server(30 * Second, "a", "b", "c", "d"), Server(10 * Second, "a"), Server(10 * Second, "b"), Server(10 * Second, "c"), Server(10 * Second, "d"));

        Assert.Equal(0.75, report.OverheadReduction, 12);
        Assert.Equal(0.75, report.MemoryReduction, 12);
        Assert.Equal(0.25, report.BusyReduction, 12);
        Assert.Equal((1, 4), (report.SharedBill.Servers, report.DedicatedTotal.Servers));
        Assert.Equal((2m, 8m), (report.SharedBill.CostWhileUp.Amount, report.DedicatedTotal.CostWhileUp.Amount));
        Assert.Equal(40 * Second, report.DedicatedTotal.BusyMicroseconds);
        Assert.Equal(Math.Round(30 * 2m / 3600, 9), report.SharedBill.CostWhileBusy.Amount);
    }

    [Theory]
    [InlineData(70, 1)]
    [InlineData(71, 2)]
    [InlineData(140, 2)]
    [InlineData(280, 4)]
    public void SharedBill_HeavyTraffic_CountsAsManyServersAsTheLoadNeeds(int busySeconds, int servers)
    {
        var report = Report(window: 100 * Second, Server(busySeconds * Second, "a", "b"), Server(60 * Second, "a"), Server(60 * Second, "b"));

        Assert.Equal(servers, report.SharedBill.Servers);
        Assert.Equal(servers * 100L, report.SharedBill.ResidentBytes);
        Assert.Equal(1 - servers / 2.0, report.OverheadReduction, 6); // money is rounded to a billionth
        Assert.InRange(report.SharedBill.BusyShare, 0, report.TargetShare + 1e-9);
    }

    [Fact]
    public void Assumptions_RefusedRequests_AreSaid()
    {
        var report = Report(100 * Second, Server(1, "a") with { Refused = 3 }, Server(1, "a"));

        Assert.Contains("3 of them are too long", report.Assumptions[0], StringComparison.Ordinal);
        Assert.Contains("a made-up minute", report.Assumptions[0], StringComparison.Ordinal);
        Assert.Contains(report.Assumptions, sentence => sentence.Contains("2 USD an hour", StringComparison.Ordinal));
    }

    private static ServerMeasurement Server(long busy, params string[] tasks) => new(tasks, 10, 0, 100, busy, 100, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2));

    private static SavingReport Report(long window, ServerMeasurement shared, params ServerMeasurement[] dedicated) =>
        new(1, DateTimeOffset.UnixEpoch, "a processor", "a made-up minute", window, 0.7, 2_000_000_000, "USD", shared, dedicated);
}
