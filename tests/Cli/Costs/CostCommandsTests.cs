namespace Platform.Cli.Tests.Costs;

public sealed class CostCommandsTests
{
    [Fact]
    public async Task Rates_SetAndCorrected_KeepTheirHistory()
    {
        using var folder = new TestFolder();

        var set = (await CommandRun.OfAsync("rates", "set", "3.5", "--currency", "EUR", "--data", folder.Data, "--json")).Expect(0).Json;
        var corrected = (await CommandRun.OfAsync("rates", "correct", set.GetProperty("id").GetString()!, "2.5", "--currency", "EUR", "--reason", "A typo.", "--data", folder.Data, "--json")).Expect(0).Json;
        var list = (await CommandRun.OfAsync("rates", "list", "--data", folder.Data, "--json")).Expect(0).Json;
        var text = (await CommandRun.OfAsync("rates", "list", "--data", folder.Data)).Expect(0).Output;

        Assert.Equal(0, corrected.GetProperty("adjustments").GetInt32());
        Assert.Equal([(2.5m, false), (3.5m, true), (2m, false)], list.GetProperty("rates").EnumerateArray().Select(rate => (rate.GetProperty("price_per_hour").GetDecimal(), rate.GetProperty("corrected").GetBoolean())));
        Assert.Contains("A typo.", text, StringComparison.Ordinal);
        Assert.Contains("evenly between all served tasks", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rates_WrongPrice_IsRefusedWithAMend()
    {
        using var folder = new TestFolder();

        Assert.Contains("between 0 and 1000000", (await CommandRun.OfAsync("rates", "set", "--data", folder.Data, "--", "-1")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("hotel-sentiment=3", (await CommandRun.OfAsync("rates", "idle", "byreservation", "--reserve", "mood", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budgets_SetListedAndEnded()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);

        var set = (await CommandRun.OfAsync("budgets", "set", "task", "mood", "25", "--data", folder.Data, "--json")).Expect(0).Json;
        (await CommandRun.OfAsync("budgets", "set", "team", "hotel", "5", "--soft", "--per", "total", "--data", folder.Data)).Expect(0);
        var list = (await CommandRun.OfAsync("budgets", "list", "--data", folder.Data, "--json")).Expect(0).Json;
        (await CommandRun.OfAsync("budgets", "end", set.GetProperty("id").GetString()!, "--reason", "The trial is over.", "--data", folder.Data)).Expect(0);
        var left = (await CommandRun.OfAsync("budgets", "list", "--data", folder.Data)).Expect(0).Output;

        Assert.Equal([("task", "mood", "hard", 25m), ("team", "hotel", "soft", 5m)], list.EnumerateArray().Select(budget => (
            budget.GetProperty("scope").GetString()!, budget.GetProperty("name").GetString()!, budget.GetProperty("kind").GetString()!, budget.GetProperty("limit").GetDecimal())));
        Assert.DoesNotContain("the task mood", left, StringComparison.Ordinal);
        Assert.Contains("the team hotel in total", left, StringComparison.Ordinal);
        Assert.Contains("'nobody'", (await CommandRun.OfAsync("budgets", "set", "task", "nobody", "1", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cost_WithoutAnyUsage_SaysSo()
    {
        using var folder = new TestFolder();

        Assert.Contains("Nothing cost anything", (await CommandRun.OfAsync("cost", "--data", folder.Data)).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("The team 'hotel' paid nothing", (await CommandRun.OfAsync("cost", "--team", "hotel", "--data", folder.Data)).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await CommandRun.OfAsync("cost", "--team", "hotel", "--task", "mood", "--data", folder.Data)).ExitCode);
        Assert.Equal(2, (await CommandRun.OfAsync("cost", "--by", "key", "--data", folder.Data)).ExitCode);
        Assert.Equal(2, (await CommandRun.OfAsync("cost", "--month", "March", "--data", folder.Data)).ExitCode);
    }
}
