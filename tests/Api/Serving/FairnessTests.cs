using Platform.Api.Serving;

namespace Platform.Api.Tests.Serving;

/// <summary>What tasks may expect of each other, over the real queue and the real choice of steps, in virtual time. The figures are in the output.</summary>
public sealed class FairnessTests(ITestOutputHelper output)
{
    private const int Tokens = 60;

    /// <summary>Of the simulated device: 50 microseconds a token.</summary>
    private const double SecondsPerToken = 50e-6;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(40);
    private static readonly string[] Tasks = [.. Enumerable.Range(0, 8).Select(i => $"task-{i}")];

    [Theory]
    [InlineData(0.3, "60", 1.25)]
    [InlineData(0.5, "60", 1.25)]
    [InlineData(0.7, "60", 1.25)]
    [InlineData(0.5, "20", 1.25)]
    [InlineData(0.5, "400", 2.4)] // what has begun is not interrupted: a chunk of each long prompt and a token of each long answer is in every step
    [InlineData(0.5, "40+50", 1.4)]
    public void Flood_OfOneTask_HardlyMovesTheOthersP95(double load, string flood, double most)
    {
        var calm = Simulate(load, flood, 0);
        var flooded = Simulate(load, flood, 500);

        output.WriteLine($"load {load}, flood of {flood}: p50 {calm.Percentile(50):0.0} -> {flooded.Percentile(50):0.0} ms, p95 {calm.Percentile(95):0.0} -> {flooded.Percentile(95):0.0} ms, device busy {calm.Busy:0.00} -> {flooded.Busy:0.00}, flood's share {flooded.FloodShare:0.00}");
        Assert.InRange(flooded.Percentile(95) / calm.Percentile(95), 0, most);
        Assert.InRange(flooded.FloodShare, 0.6 * (1 - load), 1); // it gets what the others leave
    }

    [Fact]
    public void Flood_OfTwoTasks_BothGetTheSame()
    {
        var lane = new SimulatedLane(Tasks);
        foreach (var task in Tasks[..2])
            for (var i = 0; i < 200; i++)
                Again(lane, task, task == Tasks[0] ? "20" : "200");

        lane.Run(Duration);

        Assert.InRange(lane.ComputedFor(Tasks[0]) / (double)lane.ComputedFor(Tasks[1]), 0.95, 1.05);
    }

    [Fact]
    public void Batch_BesideAFlood_GoesOnWithItsShare()
    {
        var lane = new SimulatedLane(Tasks);
        for (var i = 0; i < 200; i++)
            Again(lane, Tasks[0], "60");
        for (var i = 0; i < 200; i++)
            Again(lane, Tasks[1], "60", RequestPriority.Batch);

        lane.Run(Duration);

        Assert.InRange(lane.ComputedFor(Tasks[1]) / (double)(lane.ComputedFor(Tasks[0]) + lane.ComputedFor(Tasks[1])), 0.04, 0.06);
    }

    [Fact]
    public void Deadlines_UnderOverload_WhatIsAcceptedIsMostlyInTimeAndNothingIsComputedForTheRest()
    {
        var lane = new SimulatedLane(Tasks);
        var random = new Random(3);
        var (accepted, inTime, early) = (0, 0, 0);
        for (var at = 0.0; at < Duration.TotalSeconds; at += -Math.Log(1 - random.NextDouble()) * Tokens * SecondsPerToken / 2)
        {
            var moment = TimeSpan.FromSeconds(at);
            lane.At(moment, () =>
            {
                var deadline = lane.Clock.GetTimestamp() + TimeSpan.FromMilliseconds(200).Ticks;
                var error = lane.Send(new QueuedRequest(Tasks[0], [new QueuedInput("60", null, Tokens)]) { Deadline = deadline }, outcome => inTime += outcome.Error is null && lane.Clock.GetTimestamp() <= deadline ? 1 : 0);
                (accepted, early) = error is null ? (accepted + 1, early) : (accepted, early + 1);
            });
        }

        lane.Run(Duration);

        output.WriteLine($"accepted {accepted}, in time {inTime}, refused early {early}");
        Assert.InRange(inTime, 0.9 * accepted, accepted);
        Assert.InRange(early, 0.3 * accepted, 1.5 * accepted);
        Assert.InRange(inTime * Tokens * SecondsPerToken, 0.8 * Duration.TotalSeconds, Duration.TotalSeconds);
    }

    private static Simulation Simulate(double load, string flood, int flooders)
    {
        var random = new Random(7);
        var lane = new SimulatedLane(Tasks);
        List<double> latencies = [];
        var meanGap = TimeSpan.FromSeconds(Tokens * SecondsPerToken * Tasks.Length / load);
        foreach (var task in Tasks)
            Next(task, TimeSpan.Zero);
        for (var i = 0; i < flooders; i++)
            Again(lane, Tasks[0], flood);
        lane.Run(Duration);
        latencies.Sort();
        var tokens = Tasks.Sum(lane.ComputedFor);
        return new Simulation(latencies, tokens * SecondsPerToken / Duration.TotalSeconds, lane.ComputedFor(Tasks[0]) / (double)tokens);

        void Next(string task, TimeSpan now)
        {
            var at = now - (Math.Log(1 - random.NextDouble()) * meanGap);
            lane.At(at, () =>
            {
                lane.Send(new QueuedRequest(task, [new QueuedInput($"{Tokens}", null, Tokens)]), _ =>
                {
                    if (task != Tasks[0])
                        latencies.Add((lane.Clock.Now - at).TotalMilliseconds);
                });
                Next(task, at);
            });
        }
    }

    /// <summary>One of many clients that send the next request as soon as they have an answer.</summary>
    private static void Again(SimulatedLane lane, string task, string text, RequestPriority priority = RequestPriority.Online) =>
        lane.Send(new QueuedRequest(task, [new QueuedInput(text, null, TimedModel.Tokens(text))]) { Priority = priority }, _ => Again(lane, task, text, priority));

    private sealed record Simulation(List<double> Latencies, double Busy, double FloodShare)
    {
        public double Percentile(int percent) => Latencies[Latencies.Count * percent / 100];
    }
}
