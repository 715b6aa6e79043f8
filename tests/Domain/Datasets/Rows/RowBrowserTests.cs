using System.Text;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Datasets.Rows;

public sealed class RowBrowserTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_PageByPage_ShowsEveryRowOnce()
    {
        await using var world = await World.CreateAsync(rows: 130);
        List<string> seen = [];
        long? from = 0;

        while (from is { } position)
        {
            var page = await world.ReadAsync(new RowFilter(), position, take: 50);
            seen.AddRange(page.Rows.Select(row => row.Row.Id));
            from = page.Next;
        }

        Assert.Equal(134, seen.Distinct().Count());
        Assert.Equal(134, seen.Count);
        var middle = await world.ReadAsync(new RowFilter(), 60, take: 50);
        Assert.Equal((10, 110, 134), (middle.Previous, middle.Next, middle.Matching));
    }

    [Fact]
    public async Task ReadAsync_ByWordsLabelAndSplit_FindsThoseThatHaveAll()
    {
        await using var world = await World.CreateAsync(rows: 30);

        var words = await world.ReadAsync(new RowFilter(Words: "ROOM seven"));
        var prefix = await world.ReadAsync(new RowFilter(Words: "sev"));
        var both = await world.ReadAsync(new RowFilter(Label: "bad", Words: "room"));
        var split = await world.ReadAsync(new RowFilter(Split: Split.Test));

        Assert.Equal(["train-7"], words.Rows.Select(row => row.Row.Id));
        Assert.Contains("train-7", prefix.Rows.Select(row => row.Row.Id));
        Assert.All(both.Rows, row => Assert.Equal("bad", row.Row.Output));
        Assert.Equal((2, Split.Test), (split.Matching, split.Rows[0].Split));
        Assert.Equal(0, (await world.ReadAsync(new RowFilter(Words: "nowhere"))).Matching);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("* OR NOT")]
    [InlineData("room\" OR \"x")]
    public async Task ReadAsync_WordsWithSyntax_AreOnlyWords(string words)
    {
        await using var world = await World.CreateAsync(rows: 12);

        Assert.NotNull(await world.ReadAsync(new RowFilter(Words: words)));
    }

    [Theory]
    [InlineData("room", null)]
    [InlineData(null, "label_unknown")]
    public async Task ReadAsync_PageByPage_GoesThroughAllAndBack(string? words, string? problem)
    {
        await using var world = await World.CreateAsync(rows: 40, train: row => ($"room {row}", "unheard"));
        var filter = new RowFilter(Words: words, Problem: problem);

        List<long> seen = [];
        List<long?> before = [];
        for (long? from = 0; from is { } at;)
        {
            var page = await world.ReadAsync(filter, at, 15);
            Assert.Equal((40, false), (page.Matching, page.IsMore));
            seen.AddRange(page.Rows.Select(row => row.Position));
            before.Add(page.Previous);
            from = page.Next;
        }

        var beyond = await world.ReadAsync(filter, 1000, 15);
        Assert.Equal(Enumerable.Range(0, 40).Select(row => (long)row), seen);
        Assert.Equal([null, 0, 15], before);
        Assert.Equal((0, null, 25L), (beyond.Rows.Count, beyond.Next, beyond.Previous));
    }

    [Fact]
    public async Task ReadAsync_ByProblem_FindsAllRowsNotOnlyThoseTheFindingsList()
    {
        await using var world = await World.CreateAsync(rows: 40, train: row => (row % 2 == 0 ? "the same text" : $"room {row}", row % 4 == 3 ? "unheard" : "good"));

        var repeated = await world.ReadAsync(new RowFilter(Problem: "row_duplicate"));
        var unknown = await world.ReadAsync(new RowFilter(Problem: "label_unknown"));
        var summary = (await world.Browser.SummariseAsync(TestWorld.Admin, world.Version.Id, Cancellation)).Value;

        Assert.Equal(19, repeated.Matching);
        Assert.Equal("train.jsonl, line 1", repeated.Rows[0].Marks.Single(mark => mark.Code == "row_duplicate").Related);
        Assert.Equal(10, unknown.Matching);
        Assert.Equal(10, summary.Problems.Single(problem => problem.Code == "label_unknown").Rows);
    }

    [Fact]
    public async Task ReadAsync_Contradiction_MarksBothRowsWithEachOther()
    {
        await using var world = await World.CreateAsync(rows: 12, train: row => (row is 3 or 8 ? "lovely" : $"room {row}", row == 8 ? "bad" : "good"));

        var rows = await world.ReadAsync(new RowFilter(Problem: "label_contradiction"));

        Assert.Equal([("train-3", "train.jsonl, line 9"), ("train-8", "train.jsonl, line 4")], rows.Rows.Select(row => (row.Row.Id, row.Marks.Single().Related!)));
    }

    [Fact]
    public async Task SummariseAsync_CountsLabelsAndLengths()
    {
        await using var world = await World.CreateAsync(rows: 30, limits: new CheckLimits((text, _, _) => text.Length, 9));

        var summary = (await world.Browser.SummariseAsync(TestWorld.Admin, world.Version.Id, Cancellation)).Value;

        Assert.Equal([("bad", 15L, 1L, 1L), ("good", 15L, 1L, 1L)], summary.Labels.Select(label => (label.Label, label.Train, label.Validation, label.Test)).Order());
        Assert.Equal(34, summary.Lengths.Sum(length => length.Rows));
        Assert.Equal(9, summary.ContextTokens);
        Assert.True(summary.Problems.Single(problem => problem.Code == "row_too_long").Rows > 0);
        Assert.Null(summary.Changes);
        Assert.Equal(1, world.Version.AnswerBits);
    }

    [Fact]
    public async Task CheckedVersion_KnowsTheEntropyOfItsTrainingAnswers()
    {
        await using var uneven = await World.CreateAsync(rows: 40, train: row => ($"room {row}", row % 4 == 3 ? "bad" : "good"));
        await using var alone = await World.CreateAsync(rows: 8, train: row => ($"room {row}", "good"));

        // -(3/4 log2 3/4 + 1/4 log2 1/4)
        Assert.Equal(0.811278, uneven.Version.AnswerBits!.Value, 6);
        Assert.Equal(0, alone.Version.AnswerBits);
    }

    [Fact]
    public async Task SummariseAsync_SecondVersion_SaysWhatChanged()
    {
        await using var world = await World.CreateAsync(rows: 20);
        var second = await world.AddAsync(25, row => (row == 5 ? "another text" : $"room {Name(row)}", row % 2 == 0 ? "good" : "bad"), skip: 2);

        var summary = (await world.Browser.SummariseAsync(TestWorld.Admin, second.Id, Cancellation)).Value;

        // Two rows went, one was rewritten under its id, five are new.
        Assert.Equal(new DatasetChanges(1, 5, 2, 1, 21), summary.Changes);
    }

    [Fact]
    public async Task SummariseAsync_OneOfTwoEqualRowsWent_CountsIt()
    {
        await using var world = await World.CreateAsync(rows: 20, train: row => (row == 19 ? "room 3" : $"room {row}", row % 2 == 0 ? "good" : "bad"));
        var second = await world.AddAsync(19, row => ($"room {row}", row % 2 == 0 ? "good" : "bad"));

        var summary = (await world.Browser.SummariseAsync(TestWorld.Admin, second.Id, Cancellation)).Value;

        Assert.Equal(new DatasetChanges(1, 0, 1, 0, 23), summary.Changes);
    }

    [Fact]
    public async Task ReadAsync_AnotherTeam_IsUnknown()
    {
        await using var world = await World.CreateAsync(rows: 12);

        var read = await world.Browser.ReadAsync(TestWorld.MemberOf(), world.Version.Id, new RowFilter(), 0, 10, Cancellation);

        Assert.Equal("dataset_unknown", read.Error.Code);
    }

    [Fact]
    public async Task ReadAsync_WithoutIndex_SaysSoAndTheNextCheckMakesIt()
    {
        await using var world = await World.CreateAsync(rows: 12);
        Directory.Delete(Path.Combine(world.Database.Folder, "artifacts", "row-indexes"), recursive: true);

        var lost = await world.Browser.ReadAsync(TestWorld.Admin, world.Version.Id, new RowFilter(), 0, 10, Cancellation);
        await world.Browser.IndexAgainAsync(TestWorld.Admin, world.Version.Id, Cancellation);
        await world.Database.CheckAsync(world.Version.Id);

        Assert.Equal("rows_not_indexed", lost.Error.Code);
        Assert.Equal(10, (await world.ReadAsync(new RowFilter(), take: 10)).Rows.Count);
    }

    private static string Name(int number) => number == 7 ? "seven" : $"n{number}";

    private sealed class World(TestDatabase database, TaskDefinition task) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public DatasetVersion Version { get; private set; } = null!;

        public RowBrowser Browser => database.Get<RowBrowser>();

        public static async Task<World> CreateAsync(int rows, Func<int, (string Text, string Output)>? train = null, CheckLimits? limits = null)
        {
            var database = await TestDatabase.CreateAsync();
            var world = new World(database, await database.AddTaskAsync(await database.AddTeamAsync()));
            world.Version = await world.AddAsync(rows, train ?? (row => ($"room {Name(row)}", row % 2 == 0 ? "good" : "bad")), limits: limits);
            return world;
        }

        public async Task<DatasetVersion> AddAsync(int rows, Func<int, (string Text, string Output)> train, int skip = 0, CheckLimits? limits = null)
        {
            using var staging = database.Get<DatasetUploads>().Stage();
            foreach (var split in Splits.All)
            {
                var text = new StringBuilder();
                foreach (var row in Enumerable.Range(0, split == Split.Train ? rows : 2).Skip(split == Split.Train ? skip : 0))
                {
                    var (input, output) = split == Split.Train ? train(row) : ($"{split} {row}", row % 2 == 0 ? "good" : "bad");
                    text.AppendLine(TestWorld.Row($"{split.ToWire()}-{row}", input, output));
                }

                await staging.AddAsync(split, split.FileName(), new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())), Cancellation);
            }

            var stored = (await database.Get<DatasetUploads>().StoreAsync(TestWorld.Admin, task.Id, staging, Cancellation)).Value.Version;
            return await database.CheckAsync(stored.Id, limits);
        }

        public async Task<RowPage> ReadAsync(RowFilter filter, long from = 0, int take = 200) =>
            (await Browser.ReadAsync(TestWorld.Admin, Version.Id, filter, from, take, Cancellation)).Value;

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
