using Microsoft.Extensions.Logging.Abstractions;
using Platform.Domain.Claims;
using Platform.Domain.Fleet;

namespace Platform.Domain.Tests.Fleet;

public sealed class HostProcessesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_MissedBeats_AreSilentThenGone()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeatAsync(database, "jobs:a:1:x");

        Assert.Equal(HostState.Alive, (await LineAsync(database)).State);
        database.Clock.Advance(HostProcesses.SilentAfter + TimeSpan.FromSeconds(1));
        Assert.Equal((HostState.Silent, TimeSpan.FromSeconds(21)), ((await LineAsync(database)).State, (await LineAsync(database)).Age));
        database.Clock.Advance(HostProcesses.GoneAfter);
        Assert.Equal(HostState.Gone, (await LineAsync(database)).State);
        await BeatAsync(database, "jobs:a:1:x");
        Assert.Equal(HostState.Alive, (await LineAsync(database)).State);
    }

    [Fact]
    public async Task EndAsync_Orderly_IsGoneAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeatAsync(database, "jobs:a:1:x");

        await database.Get<HostProcesses>().EndAsync("jobs:a:1:x", Cancellation);

        Assert.Equal((HostState.Gone, database.Clock.Now), ((await LineAsync(database)).State, (await LineAsync(database)).Process.StoppedAt));
    }

    [Fact]
    public async Task BeatAsync_LaterReport_ReplacesTheEarlierOne()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeatAsync(database, "api:a:1:x", new HostReport(null, 0, "Starts", ["No deployment is live."]));
        await BeatAsync(database, "api:a:1:x", new HostReport("cpu", 17, "Serves model version 3 (live)", []));

        var process = (await LineAsync(database)).Process;

        Assert.Equal(("cpu", 17L, "Serves model version 3 (live)"), (process.Device, process.Waiting, process.Doing));
        Assert.Empty(process.Problems);
        Assert.True(process.ResidentBytes > 0);
    }

    [Fact]
    public async Task BeatAsync_NewProcess_ClearsAwayWhatIsLongGone()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeatAsync(database, "jobs:old:1:x");
        database.Clock.Advance(TimeSpan.FromDays(3));
        await BeatAsync(database, "jobs:newer:1:x");
        database.Clock.Advance(HostProcesses.KeptFor - TimeSpan.FromDays(2));

        await BeatAsync(database, "jobs:newest:1:x");

        await using var context = database.Open();
        Assert.Equal(["jobs:newer:1:x", "jobs:newest:1:x"], context.HostProcesses.Select(process => process.Name).ToList().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ListAsync_ByAMember_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var member = TestWorld.MemberOf(await database.AddTeamAsync());

        Assert.Equal("admin_only", Assert.Single((await database.Get<HostProcesses>().ListAsync(member, Cancellation)).Errors).Code);
        Assert.Equal("admin_only", Assert.Single((await database.Get<WorkInLine>().ListAsync(member, Cancellation)).Errors).Code);
    }

    [Fact]
    public async Task WorkInLine_ClaimedAndUnclaimedRows_AreToldApartAndNameTheProcess()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "one");
        var process = ClaimOwner.ThisProcessAs("jobs");
        var (_, first) = await database.StartRunAsync(task.Id);
        await database.Get<WorkClaims>().ReleaseAsync<Domain.Runs.FineTuningRun>(first, Cancellation);
        await database.Get<WorkClaims>().TryClaimAsync<Domain.Runs.FineTuningRun>(first.EntityId, WorkClaims.NewOwner("jobs"), Cancellation);
        await database.AddReadyTaskAsync(team, "two");

        var held = (await database.Get<WorkInLine>().ListAsync(TestWorld.Admin, Cancellation)).Value;
        database.Clock.Advance(WorkClaims.StaleAfter + TimeSpan.FromSeconds(1));
        var stale = (await database.Get<WorkInLine>().ListAsync(TestWorld.Admin, Cancellation)).Value;

        Assert.Equal(new WorkLine("Runs", 0, 1), held.Lines[0]);
        var one = Assert.Single(held.InHand);
        Assert.Equal(("Run 1", "/runs/1"), (one.Text, one.Address));
        Assert.StartsWith(process, one.Process, StringComparison.Ordinal);
        Assert.Equal(new WorkLine("Runs", 1, 0), stale.Lines[0]);
        Assert.Empty(stale.InHand);
    }

    [Fact]
    public async Task Heartbeat_StartAndStop_WritesTheProcessAndItsEnd()
    {
        await using var database = await TestDatabase.CreateAsync();
        var beat = new Heartbeat(HostKind.Jobs, database.Get<HostProcesses>(), new FixedReporter(), database.Clock, NullLogger<Heartbeat>.Instance);

        await beat.StartAsync(Cancellation);
        while ((await database.Get<HostProcesses>().ListAsync(TestWorld.Admin, Cancellation)).Value.Count == 0)
            await Task.Delay(20, Cancellation);
        var alive = await LineAsync(database);
        await beat.StopAsync(Cancellation);

        Assert.Equal((HostState.Alive, HostKind.Jobs, Environment.ProcessId, 4L), (alive.State, alive.Process.Kind, alive.Process.ProcessId, alive.Process.Waiting));
        Assert.Contains("core", alive.Process.Hardware, StringComparison.Ordinal);
        Assert.Equal(HostState.Gone, (await LineAsync(database)).State);
    }

    private static async Task<HostLine> LineAsync(TestDatabase database) => Assert.Single((await database.Get<HostProcesses>().ListAsync(TestWorld.Admin, Cancellation)).Value);

    private static Task BeatAsync(TestDatabase database, string name, HostReport? report = null) => database.Get<HostProcesses>().BeatAsync(
        new HostProcess
        {
            Name = name,
            Kind = HostKind.Jobs,
            Machine = "a",
            ProcessId = 1,
            Build = "1.0.0",
            Hardware = "a processor, 2 cores",
            MemoryBytes = 8_000_000_000,
            StartedAt = database.Clock.Now,
        }, report ?? HostReport.Nothing, Cancellation);

    private sealed class FixedReporter : IHostReporter
    {
        public HostReport Report() => new("cpu", 4, "Works on the queues checks", []);
    }
}
