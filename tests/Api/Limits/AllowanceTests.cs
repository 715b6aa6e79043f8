using Platform.Api.Limits;
using Platform.Api.Tests.Serving;

namespace Platform.Api.Tests.Limits;

public sealed class AllowanceTests
{
    private readonly VirtualClock clock = new();

    [Fact]
    public void TryTake_MoreThanAMinutesWorth_WaitsForTheRefill()
    {
        var allowance = new Allowance(60, clock);

        Assert.All(Enumerable.Range(0, 60), _ => Assert.True(allowance.TryTake(1, out var _)));
        Assert.False(allowance.TryTake(1, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(1), wait);
        clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.True(allowance.TryTake(1, out _));
        Assert.False(allowance.TryTake(1, out _));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(60, allowance.Remaining);
        Assert.Equal(TimeSpan.Zero, allowance.UntilFull);
    }

    [Fact]
    public void Spend_MoreThanIsLeft_IsPaidBackBeforeTheNext()
    {
        var allowance = new Allowance(600, clock);
        allowance.Spend(900);

        Assert.Equal(0, allowance.Remaining);
        Assert.False(allowance.TryTake(100, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(40), wait);
        allowance.Spend(-400);
        Assert.True(allowance.TryTake(100, out _));
    }

    [Fact]
    public void TryTake_MoreThanThereEverIs_IsTakenWhenAllOfItIsThere()
    {
        var allowance = new Allowance(100, clock);

        Assert.True(allowance.TryTake(250, out _));
        Assert.False(allowance.TryTake(1, out var wait));
        Assert.InRange(wait.TotalSeconds, 90, 91);
    }
}
