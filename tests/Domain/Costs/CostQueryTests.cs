using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Costs;

public sealed class CostQueryTests
{
    private static readonly DateOnly First = new(2026, 3, 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ReportAsync_RandomLoad_AllTasksTogetherPayExactlyTheBill(int seed)
    {
        await using var database = await TestDatabase.CreateAsync();
        var (deployment, tasks, team) = await ServedAsync(database);
        var callers = await database.AddTeamAsync("callers");
        var random = new Random(seed);
        var book = database.Get<RateBook>();
        database.Clock.Now = new DateTimeOffset(2026, 3, 1, 7, 11, 13, TimeSpan.Zero);
        var expected = Int128.Zero; // microseconds times price
        var wall = 0L;
        var wrong = (await book.ListAsync(Cancellation))[0];
        for (var day = 0; day < 3; day++)
        {
            var session = await database.Get<EngineSessions>().OpenAsync(deployment, "host", $"api:host:{day}:x", 1, Cancellation);
            await database.Get<IdleRules>().SetAsync(TestWorld.Admin, (IdleSharing)(day % 3), [new TaskReservation(tasks[0].Id, 3), new TaskReservation(tasks[1].Id, 1)], Cancellation);
            for (var hour = 0; hour < 20; hour++)
            {
                database.Clock.Advance(TimeSpan.FromMinutes(random.Next(10, 90)));
                await database.Get<UsageLedger>().BillAsync(
                    [.. Enumerable.Range(0, random.Next(0, 5)).Select(_ => UsageDrafts.Draft(database.Clock.Now, tasks[random.Next(2)].Id, random.Next(3) == 0 ? callers.Id : team.Id, device: random.Next(1, 3_000_000)) with { SessionId = session.Id })], Cancellation);
                if (hour == 9)
                    Assert.True((await book.SetAsync(TestWorld.Admin, database.Clock.Now, (decimal)random.NextDouble() * 9, "USD", Cancellation)).IsSuccess);
            }

            await database.Get<EngineSessions>().BeatAsync(session.Id, database.Clock.Now, 1, 1, Cancellation);
            database.Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 200)));
        }

        Assert.True((await book.CorrectAsync(TestWorld.Admin, wrong.Id, 2.5m, "USD", "It was more.", Cancellation)).IsSuccess);
        var report = await database.Get<CostQuery>().ReportAsync(TestWorld.Admin, First, First.AddDays(20), Cancellation);

        await using var context = database.Open();
        var rates = await book.HistoryAsync(Cancellation);
        foreach (var session in context.EngineSessions)
            foreach (var span in rates.Between(session.StartedAt, session.LastSeenAt))
            {
                var microseconds = (span.To - span.From).Ticks / TimeSpan.TicksPerMicrosecond;
                (wall, expected) = (wall + microseconds, expected + (Int128)microseconds * span.Rate.PricePerHourNano);
            }

        var bill = Assert.Single(report.Bills);
        Assert.Equal(wall, report.UpMicroseconds);
        Assert.InRange((double)bill.Serving.Nano - (double)(expected / Money.MicrosecondsPerHour), -20, 20); // rounded once for each day and rate
        Assert.Equal(bill.Total.Nano, report.Tasks.Sum(task => task.Parts.TotalNano));
        Assert.All(report.Tasks, task => Assert.Equal(task.Parts, task.Days.Aggregate(CostParts.None, (all, day) => all + day.Parts)));
        Assert.Equal(bill.Total.Nano, report.Teams.Sum(one => one.Parts.TotalNano));
        var guests = report.Teams.Single(one => one.Team == "callers");
        Assert.Equal(context.UsageRecords.Where(record => record.TeamId == callers.Id).Sum(record => record.CostNano), guests.Parts.RequestsNano);
        Assert.Equal(context.UsageRecords.Count(record => record.TeamId == callers.Id), guests.Requests);
        Assert.Equal((0, 0), (guests.Parts.IdleNano, guests.Parts.TrainingNano));
        Assert.Equal(context.UsageRecords.Sum(record => record.CostNano), report.Tasks.Sum(task => task.Parts.RequestsNano));
        Assert.Equal(context.UsageAdjustments.Sum(entry => entry.AmountNano), report.Tasks.Sum(task => task.Parts.AdjustmentNano));
        Assert.NotEqual(0, report.Tasks.Sum(task => task.Parts.AdjustmentNano));
        Assert.Equal(context.UsageRecords.Sum(record => record.DeviceMicroseconds), context.EngineSessions.Sum(session => session.BusyMicroseconds));
    }

    [Fact]
    public async Task ReportAsync_TwoDeploymentsInOneProcess_PayForTheDeviceOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (deployment, _, _) = await ServedAsync(database);
        var sessions = database.Get<EngineSessions>();
        var one = await sessions.OpenAsync(deployment, "host", "api:host:1:x", 1, Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(1));
        var trial = await sessions.OpenAsync(deployment, "host", "api:host:1:x", 1, Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(2));
        await sessions.BeatAsync(one.Id, database.Clock.Now, 0, 1, Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(1));
        await sessions.BeatAsync(trial.Id, database.Clock.Now, 0, 1, Cancellation);

        var report = await database.Get<CostQuery>().ReportAsync(TestWorld.Admin, First, First.AddDays(1), Cancellation);

        Assert.Equal(8m, Assert.Single(report.Bills).Serving.Amount); // four hours of 2 USD
        Assert.All(report.Tasks, task => Assert.Equal(4_000_000_000, task.Parts.IdleNano));
    }

    [Fact]
    public async Task ReportAsync_Training_IsBookedByTheTokensOfEachStage()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var (run, claim) = await database.StartRunAsync(one.Id, two.Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Baseline, two.Id), new PlannedStep(RunStepKind.Stage3)], Cancellation);
        foreach (var step in (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps)
        {
            await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
            await journal.ReportAsync(claim, step.Id, new StepProgress(1, 1, 1, 3_600_000_000, null, null, null), [], Cancellation);
            await journal.CompleteStepAsync(claim, step.Id, step.Kind == RunStepKind.Stage3 ? """{"tokensByTask":{"one":300,"two":100}}""" : null, Cancellation);
        }

        var report = await database.Get<CostQuery>().ReportAsync(TestWorld.Admin, First, First.AddDays(1), Cancellation);

        Assert.Equal([("one", 1.5m), ("two", 2.5m)], report.Tasks.Select(task => (task.Task, new Money(task.Parts.TrainingNano, "USD").Amount)));
        Assert.Equal(4m, Assert.Single(report.Bills).Training.Amount);
    }

    [Fact]
    public async Task ReportAsync_ByAMember_ShowsTheirTasksAndNoBill()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, theirs) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("theirs"));
        var (one, two) = (await database.AddTaskAsync(mine, "one"), await database.AddTaskAsync(theirs, "two"));
        await database.Get<UsageLedger>().BillAsync(
            [UsageDrafts.Draft(database.Clock.Now, one.Id, mine.Id), UsageDrafts.Draft(database.Clock.Now, two.Id, theirs.Id)], Cancellation);

        var report = await database.Get<CostQuery>().ReportAsync(TestWorld.MemberOf(mine), First, First.AddDays(1), Cancellation);

        Assert.Equal("one", Assert.Single(report.Tasks).Task);
        Assert.Equal("mine", Assert.Single(report.Teams).Team);
        Assert.Empty(report.Bills);
    }

    [Theory]
    [InlineData(IdleSharing.ByReservation, 0, "idle_reservations_missing")]
    [InlineData(IdleSharing.ByReservation, -1, "idle_reservations_missing")]
    [InlineData(IdleSharing.ByReservation, 5, "task_unknown")]
    public async Task SetAsync_ReservationsThatCannotBe_NamesThem(IdleSharing sharing, int weight, string code)
    {
        await using var database = await TestDatabase.CreateAsync();

        var refused = await database.Get<IdleRules>().SetAsync(TestWorld.Admin, sharing, [new TaskReservation(Guid.CreateVersion7(), weight)], Cancellation);

        Assert.Equal(code, refused.Error.Code);
    }

    private static async Task<(Guid Deployment, IReadOnlyList<TaskDefinition> Tasks, Team Team)> ServedAsync(TestDatabase database)
    {
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var deployment = await database.ApproveAsync(await database.AddModelAsync([one, two]));
        return (deployment.Id, [one, two], team);
    }
}
