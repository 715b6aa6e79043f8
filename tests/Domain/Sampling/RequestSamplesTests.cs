using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Sampling;
using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Sampling;

public sealed class RequestSamplesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_TaskThatNobodySwitchedOn_KeepsNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());

        Assert.Equal(0, await database.Get<RequestSamples>().AddAsync([Draft(database, task)], Cancellation));
        Assert.False((await database.Get<SamplingRules>().FindAsync(TestWorld.Admin, task.Name, Cancellation)).Value.IsOn);
    }

    [Fact]
    public async Task List_SampledTask_GivesBackWhatWasSaidAndTheDatabaseDoesNotShowIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task, "the secret garden"), Draft(database, task, "second", score: 0.3)], Cancellation);

        var newest = (await ListAsync(database, task)).Samples;
        var least = (await database.Get<RequestSamples>().ListAsync(TestWorld.Admin, task.Name, SampleOrder.LeastCertain, 0, 1, Cancellation)).Value;

        Assert.Contains(newest, sample => sample.Content == new SampleText("the secret garden", null, "good"));
        Assert.Equal((2, "second"), (least.Total, least.Samples.Single().Content!.Text));
        await using var context = database.Open();
        var stored = await context.RequestSamples.Select(sample => sample.Content).ToListAsync(Cancellation);
        Assert.All(stored, content => Assert.DoesNotContain("garden", Encoding.UTF8.GetString(content), StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_RowOfAnotherTask_CannotBeRead()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database);
        var other = await database.AddTaskAsync(await database.AddTeamAsync("flights"), "flight-mood");
        await database.Get<SamplingRules>().TurnOnAsync(TestWorld.Admin, other.Name, 1, 30, Cancellation);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task)], Cancellation);
        await using (var context = database.Open())
            await context.RequestSamples.ExecuteUpdateAsync(row => row.SetProperty(sample => sample.TaskId, other.Id), Cancellation);

        Assert.Null((await ListAsync(database, other)).Samples.Single().Content);
    }

    [Fact]
    public async Task EveryOperation_MemberOfAnotherTeam_FindsNoSuchTask()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task)], Cancellation);
        var stranger = TestWorld.MemberOf(await database.AddTeamAsync("flights"));
        var samples = database.Get<RequestSamples>();
        var rules = database.Get<SamplingRules>();

        Assert.Equal("task_unknown", (await samples.ListAsync(stranger, task.Name, SampleOrder.Newest, 0, 9, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await samples.ExportAsync(stranger, task.Name, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await samples.DeleteAllAsync(stranger, task.Name, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await samples.DeleteAsync(stranger, task.Name, (await ListAsync(database, task)).Samples[0].Id, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await rules.FindAsync(stranger, task.Name, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await rules.TurnOnAsync(stranger, task.Name, 1, 1, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await rules.TurnOffAsync(stranger, task.Name, deleteToo: true, Cancellation)).Error.Code);
        Assert.Equal(1, (await ListAsync(database, task)).Total);
    }

    [Theory]
    [InlineData(0, 30, "sampling_share_out_of_range")]
    [InlineData(1.01, 30, "sampling_share_out_of_range")]
    [InlineData(double.NaN, 30, "sampling_share_out_of_range")]
    [InlineData(0.5, 0, "sampling_days_out_of_range")]
    [InlineData(0.5, 366, "sampling_days_out_of_range")]
    public async Task TurnOn_OutOfRange_IsRefusedByName(double share, int days, string code)
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());

        Assert.Equal(code, (await database.Get<SamplingRules>().TurnOnAsync(TestWorld.Admin, task.Name, share, days, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task DeleteExpired_TimeIsOver_DeletesAndHidesThemAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database, days: 10);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task, "old")], Cancellation);
        database.Clock.Advance(TimeSpan.FromDays(6));
        await database.Get<RequestSamples>().AddAsync([Draft(database, task, "young")], Cancellation);

        Assert.Equal(0, await database.Get<SampleDeletion>().DeleteExpiredAsync(100, Cancellation));
        await database.Get<SamplingRules>().TurnOnAsync(TestWorld.Admin, task.Name, 1, 5, Cancellation);
        var hidden = await ListAsync(database, task);
        var deleted = await database.Get<SampleDeletion>().DeleteExpiredAsync(100, Cancellation);

        Assert.Equal("young", hidden.Samples.Single().Content!.Text);
        Assert.Equal(1, deleted);
        await using var context = database.Open();
        Assert.Equal(1, await context.RequestSamples.CountAsync(Cancellation));
    }

    [Fact]
    public async Task DeleteExpired_SwitchedOff_StillExpires()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database, days: 10);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task)], Cancellation);
        await database.Get<SamplingRules>().TurnOffAsync(TestWorld.Admin, task.Name, deleteToo: false, Cancellation);
        Assert.Equal(1, (await ListAsync(database, task)).Total);

        database.Clock.Advance(TimeSpan.FromDays(11));

        Assert.Equal(1, await database.Get<SampleDeletion>().DeleteExpiredAsync(100, Cancellation));
    }

    [Fact]
    public async Task DeleteExpired_MoreThanATaskMayHave_DeletesTheOldest()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database);
        for (var minute = 0; minute < 5; minute++)
        {
            await database.Get<RequestSamples>().AddAsync([Draft(database, task, $"minute {minute}")], Cancellation);
            database.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, await database.Get<SampleDeletion>().DeleteExpiredAsync(3, Cancellation));
        Assert.Equal(["minute 4", "minute 3", "minute 2"], (await ListAsync(database, task)).Samples.Select(sample => sample.Content!.Text));
    }

    [Fact]
    public async Task TurnOff_WithDeletion_LeavesNothingAndIsOnRecord()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddTaskAsync(team);
        var owner = TestWorld.MemberOf(team);
        await database.Get<SamplingRules>().TurnOnAsync(owner, task.Name, 0.25, 7, Cancellation);
        await database.Get<RequestSamples>().AddAsync([Draft(database, task), Draft(database, task)], Cancellation);
        await database.Get<RequestSamples>().DeleteAsync(owner, task.Name, (await ListAsync(database, task)).Samples[0].Id, Cancellation);

        await database.Get<SamplingRules>().TurnOffAsync(owner, task.Name, deleteToo: true, Cancellation);
        await database.Get<SamplingRules>().TurnOffAsync(owner, task.Name, deleteToo: false, Cancellation);

        await using var context = database.Open();
        Assert.Empty(await context.RequestSamples.ToListAsync(Cancellation));
        var entries = await context.AuditEntries.Where(entry => entry.EntityId == task.Id.ToString() && entry.Action.Contains("sampl")).OrderBy(entry => entry.Id).ToListAsync(Cancellation);
        Assert.Equal(
            ["task.sample_deleted", "task.samples_deleted", "task.sampling_changed", "task.sampling_changed"],
            entries.Select(entry => entry.Action).Order(StringComparer.Ordinal));
        Assert.All(entries, entry => Assert.Equal("Mia", entry.ActorName));
        Assert.Contains("0.25", entries[0].AfterJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_ManySamples_GivesEachOnceAsARowAndIsOnRecord()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await SampledAsync(database);
        const int Many = 1100; // more than two pages, many of them of the same moment
        await database.Get<RequestSamples>().AddAsync([.. Enumerable.Range(0, Many).Select(index => Draft(database, task, $"text {index}"))], Cancellation);

        var lines = await (await database.Get<RequestSamples>().ExportAsync(TestWorld.Admin, task.Name, Cancellation)).Value.Select(SampleLine.Of).ToListAsync(Cancellation);

        Assert.Equal(Many, lines.Select(line => (string)JsonNode.Parse(line)!["input"]!["text"]!).Distinct().Count());
        Assert.Equal(("good", 0.9, 3), ((string?)JsonNode.Parse(lines[0])!["output"], (double)JsonNode.Parse(lines[0])!["score"]!, (int)JsonNode.Parse(lines[0])!["model_version"]!));
        await using var context = database.Open();
        Assert.Contains("1100", (await context.AuditEntries.SingleAsync(entry => entry.Action == "task.samples_exported", Cancellation)).AfterJson, StringComparison.Ordinal);
    }

    private static async Task<TaskDefinition> SampledAsync(TestDatabase database, int days = 30)
    {
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        await database.Get<SamplingRules>().TurnOnAsync(TestWorld.Admin, task.Name, 1, days, Cancellation);
        return task;
    }

    private static async Task<SamplePage> ListAsync(TestDatabase database, TaskDefinition task) =>
        (await database.Get<RequestSamples>().ListAsync(TestWorld.Admin, task.Name, SampleOrder.Newest, 0, 100, Cancellation)).Value;

    private static SampleDraft Draft(TestDatabase database, TaskDefinition task, string text = "lovely", double score = 0.9) =>
        new(task.Id, "req_1", 0, database.Clock.GetUtcNow(), 3, score, Abstained: false, new SampleText(text, null, "good"));
}
