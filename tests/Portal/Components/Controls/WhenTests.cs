using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Tests.Components.Controls;

public sealed class WhenTests : BunitContext
{
    private static readonly DateTimeOffset Summer = new(2026, 7, 1, 23, 30, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset Winter = new(2026, 1, 1, 23, 30, 5, TimeSpan.Zero);

    private readonly ViewerTime times = new();

    public WhenTests() => Services.AddSingleton(times);

    [Fact]
    public void When_ZoneUnknown_IsUtcAndSaysSo()
    {
        var shown = Render<When>(parameters => parameters.Add(when => when.At, Summer));

        Assert.Equal("2026-07-01 23:30 UTC", shown.Find("time").TextContent);
        Assert.Equal("2026-07-01T23:30:05Z", shown.Find("time").GetAttribute("datetime"));
    }

    [Fact]
    public async Task When_BrowserSaysItsZone_IsDrawnAgainInItsSummerAndWinterTime()
    {
        var summer = Render<When>(parameters => parameters.Add(when => when.At, Summer));
        var winter = Render<When>(parameters => parameters.Add(when => when.At, Winter));

        await summer.InvokeAsync(() => times.Use("Europe/Berlin"));

        Assert.Equal("2026-07-02 01:30", summer.Find("time").TextContent);
        Assert.Equal("2026-01-02 00:30", winter.Find("time").TextContent);
        Assert.Equal("2026-07-01 23:30:05 UTC; shown in Europe/Berlin", summer.Find("time").GetAttribute("title"));
        Assert.Equal("2026-07-01T23:30:05Z", summer.Find("time").GetAttribute("datetime"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Nowhere/At-All")]
    [InlineData("../../etc/passwd")]
    public void When_ZoneThatDoesNotExist_StaysUtc(string? zone)
    {
        times.Use(zone);

        Assert.EndsWith("UTC", Render<When>(parameters => parameters.Add(when => when.At, Summer)).Find("time").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void When_NoTime_ShowsWhatItWasTold()
    {
        Assert.Equal("–", Render<When>(parameters => parameters.Add(when => when.At, null)).Markup.Trim());
        Assert.Equal("Never", Render<When>(parameters => parameters.Add(when => when.At, null).Add(when => when.Otherwise, "Never")).Markup.Trim());
    }
}
