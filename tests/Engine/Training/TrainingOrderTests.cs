using Platform.Engine.MultiTask;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

public sealed class TrainingOrderTests
{
    private static readonly int[] Sizes = [23, 9, 14];
    private static readonly long[] Counts = [40, 0, 25];

    [Fact]
    public void Updates_AnyMixture_AreTheScheduleInItsOrder()
    {
        var options = new TrainingOptions { BatchExamples = 4, Seed = 7, LossBalance = LossBalance.Task };
        var tasks = Sizes.Select((rows, task) => Data($"task-{task}", rows)).ToList();

        var updates = TrainingOrder.Updates(TinyModel.Prompts, tasks, Counts, options, 96).ToList();

        var schedule = Schedule.Build([Counts[0], Counts[2]], [Sizes[0], Sizes[2]], 7).Select(entry => (Task: entry.Task == 0 ? 0 : 2, Id: $"r{entry.Example}")).ToList();
        Assert.Equal(schedule.Chunk(4), updates.Select(rows => rows.Select(row => (row.Task, row.Id)).ToArray()));
        Assert.Contains(updates, rows => rows.DistinctBy(row => row.Task).Count() == 2);
        Assert.All(updates, update => Assert.Equal(1, update.Sum(row => row.TokenWeight * (row.Ids.Count - row.PromptTokens)), 9));
        Assert.Equal(updates.SelectMany(rows => rows).Select(row => row.Id), TrainingOrder.Updates(TinyModel.Prompts, tasks, Counts, options, 96).SelectMany(rows => rows).Select(row => row.Id));
    }

    [Fact]
    public void Updates_DroppedRows_KeepTheIdsOfTheOthers()
    {
        var data = Data("task", 12);
        var shortest = data.Train.OrderBy(row => row.Text.Length).Take(6).Select(row => row.Id).ToHashSet();
        var most = data.Train.Where(row => shortest.Contains(row.Id)).Max(Tokens);

        var rows = TrainingOrder.Updates(TinyModel.Prompts, [data], [30], new TrainingOptions { MaxTokens = most, LongRows = LongRows.Drop, BatchExamples = 8 }, 96).SelectMany(update => update).ToList();

        Assert.Equal(30, rows.Count);
        Assert.All(rows, row => Assert.True(row.Ids.Count == Tokens(data.Train.Single(one => one.Id == row.Id)) && row.Ids.Count <= most));

        int Tokens(Example row) => TinyModel.Prompts.Prompt(data.Spec, row.Text, null).Ids.Length + TinyModel.Prompts.Answer(row.Output).Length;
    }

    private static TaskData Data(string name, int rows) => new(
        new TaskSpec { Name = name, Kind = TaskKind.Classification, Instruction = "Which bird?", Labels = ["red", "blue"], Metric = "accuracy" },
        [.. Enumerable.Range(0, rows).Select(i => new Example($"r{i}", string.Join(' ', Enumerable.Repeat("bird", 1 + (i * 5 % 11))), null, i % 2 == 0 ? "red" : "blue", []))],
        [], []);
}
