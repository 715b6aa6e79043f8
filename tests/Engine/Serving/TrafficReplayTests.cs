using Platform.Engine.Serving;

namespace Platform.Engine.Tests.Serving;

public sealed class TrafficReplayTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MultiTaskModel _model;

    public TrafficReplayTests()
    {
        using var model = TinyModel.Create();
        MultiTaskModel.Save(_folder.Path, model, TinyModel.Tokenizer, [(TinyModel.ColourTask("colour").Spec, null), (TinyModel.EchoTask().Spec, null)]);
        _model = MultiTaskModel.Load(_folder.Path);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Run_RequestsHoursApart_TakesTheirWorkAndNotTheirHours()
    {
        TrafficArrival[] traffic = [.. Enumerable.Range(0, 5).Select(hour => new TrafficArrival(hour * 3600, new ServedInput("colour", "red song")))];

        var outcome = TrafficReplay.Run(_model, traffic);

        Assert.Equal(5, outcome.Latencies.Count);
        Assert.Equal(outcome.BusySeconds, outcome.Latencies.Sum(), 6); // nobody waited
        Assert.Equal(4 * 3600 + outcome.Latencies[^1], outcome.EndSeconds, 6);
        Assert.Equal(5 * _model.CountPromptTokens("colour", "red song", null), outcome.PromptTokens);
        Assert.True(_model.IsIdle);
    }

    [Fact]
    public void Run_RequestsAtOnce_ShareStepsAndAllAreAnswered()
    {
        TrafficArrival[] traffic = [.. Enumerable.Range(0, 40).Select(i => new TrafficArrival(0, new ServedInput(i % 2 == 0 ? "colour" : "echo", "red song")))];
        var told = 0;

        var outcome = TrafficReplay.Run(_model, traffic, answered => told += answered);

        Assert.Equal(40, told);
        Assert.All(outcome.Latencies, latency => Assert.InRange(latency, double.Epsilon, outcome.EndSeconds));
        Assert.Equal(outcome.BusySeconds, outcome.EndSeconds, 6);
        Assert.InRange(outcome.Steps, 1, 39);
    }

    [Fact]
    public void Run_ArrivalsOutOfOrder_SaysWhich() => Assert.Contains(
        "Request 1 arrives at 1 s",
        Assert.Throws<ArgumentException>(() => TrafficReplay.Run(_model, [new TrafficArrival(2, new ServedInput("colour", "red")), new TrafficArrival(1, new ServedInput("colour", "red"))])).Message,
        StringComparison.Ordinal);
}
