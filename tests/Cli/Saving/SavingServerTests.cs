using System.Text.Json;
using Platform.Cli.Saving;
using Platform.Cli.Terminal;
using Platform.Cli.Tests.ModelTools;
using Platform.Engine.Checkpoints;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.Cli.Tests.Saving;

public sealed class SavingServerTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task StartAsync_OneTaskOfTwo_AnswersItsPartInAProcessOfItsOwn()
    {
        var model = Model();
        var traffic = folder.At("traffic.jsonl");
        TrafficRequest.Write(traffic,
        [
            new TrafficRequest(0, "mood", "the room was fine", null),
            new TrafficRequest(0.5, "place", "the wifi was poor", null),
            new TrafficRequest(3600, "mood", "breakfast was fine", null),
            new TrafficRequest(3601, "mood", string.Join(' ', Enumerable.Repeat("breakfast", 60)), null),
        ]);
        var told = 0;

        var all = await SavingServer.StartAsync(model, traffic, null, 1, answered => told += answered, TestContext.Current.CancellationToken);
        var one = await SavingServer.StartAsync(model, traffic, "mood", 1, _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal((3, 3, 1), (told, all.Latencies.Count, all.Refused));
        Assert.Equal((2, 1), (one.Latencies.Count, one.Refused));
        Assert.InRange(all.EndSeconds, 3600, 3700);
        Assert.InRange(all.BusySeconds, 1e-6, 60);
        Assert.True(all.PromptTokens > one.PromptTokens);
        Assert.InRange(one.ResidentBytes, 10_000_000, 2_000_000_000);
    }

    [Fact]
    public async Task StartAsync_FolderWithoutAModel_SaysWhy()
    {
        var failure = await Assert.ThrowsAsync<CommandFailure>(() => SavingServer.StartAsync(folder.Root, "none", null, 1, _ => { }, TestContext.Current.CancellationToken));

        Assert.Contains("tasks.json is missing", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "line 2: this is not an object")]
    [InlineData("""{"at":-1,"task":"mood","text":"a"}""", "line 2: the field 'at'")]
    [InlineData("""{"at":"1","task":"mood","text":"a"}""", "line 2: the field 'at'")]
    [InlineData("""{"at":1,"text":"a"}""", "line 2: the field 'task' is missing")]
    [InlineData("""{"at":1,"task":"moon","text":"a"}""", "has no task 'moon'. It has mood, place")]
    [InlineData("""{"at":1,"task":"mood"}""", "line 2: the field 'text' is missing")]
    [InlineData("""{"at":1,""", "line 2: this is not valid JSON")]
    public void Read_MalformedLine_NamesItAndTheField(string line, string message)
    {
        var path = folder.At("traffic.jsonl");
        File.WriteAllLines(path, ["""{"at":5,"task":"mood","text":"a","text2":"b"}""", line]);

        Assert.Contains(message, Assert.Throws<CommandFailure>(() => TrafficRequest.Read(path, new HashSet<string> { "mood", "place" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnyOrder_IsInTheOrderOfArrival()
    {
        var path = folder.At("traffic.jsonl");
        File.WriteAllLines(path, ["""{"at":5,"task":"mood","text":"a","text2":"b"}""", "", """{"at":0.25,"task":"place","text":"c"}"""]);

        Assert.Equal(
            [new TrafficRequest(0.25, "place", "c", null), new TrafficRequest(5, "mood", "a", "b")], TrafficRequest.Read(path, new HashSet<string> { "mood", "place" }));
    }

    [Theory]
    [InlineData("--requests", "0", "--requests must be at least 1")]
    [InlineData("--target", "1.5", "--target must be above 0")]
    [InlineData("--threads", "-1", "--threads must be 0 or more")]
    public async Task Saving_OptionOutOfRange_SaysTheRange(string option, string value, string message)
    {
        var run = (await CommandRun.OfAsync("bench", "saving", option, value, "--data", folder.Data)).Expect(ExitCodes.Usage);

        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Saving_NothingLive_SaysWhatToDo()
    {
        var run = (await CommandRun.OfAsync("bench", "saving", "--data", folder.Data)).Expect(ExitCodes.Failed);

        Assert.Contains("No deployment is live. Deploy a model version first", run.Error, StringComparison.Ordinal);
    }

    private string Model()
    {
        var path = folder.At("model");
        TinyModel.WriteTo(path);
        var tasks = new[] { "mood", "place" }.Select(name => new ServedTask(
            new TaskSpec { Name = name, Kind = TaskKind.Classification, Instruction = "Which?", Labels = ["a", "b"], Metric = "accuracy" }, null));
        using var loaded = HuggingFaceFolder.LoadModel(path);
        MultiTaskModel.Save(path, loaded, Tokenizer.Load(path), [.. tasks.Select(task => (task.Spec, (Platform.Engine.Models.LoraAdapter?)null))]);
        return path;
    }
}
