using System.Text;
using Platform.Domain.Artifacts;
using Platform.Domain.Datasets;
using Platform.Domain.Results;

namespace Platform.Domain.Tests.Datasets;

public sealed class DatasetStagingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task AddAsync_LineOf200Megabytes_IsRefusedByLineAndLimitWithoutBeingBuffered()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();
        using var huge = new HugeLineStream(TestWorld.Row("a", "fine", "good") + "\n", 200L << 20);

        var result = await staging.AddAsync(Split.Train, "train.jsonl", huge, Cancellation);

        Assert.Equal(("line_too_long", 413), (result.Error.Code, result.Error.Status));
        Assert.Contains("train.jsonl, line 2", result.Error.Message, StringComparison.Ordinal);
        Assert.Contains("1,048,576 bytes", result.Error.Message, StringComparison.Ordinal);
        Assert.True(huge.Position < 3 << 20, $"{huge.Position} bytes were read before the line was refused.");
    }

    [Fact]
    public async Task AddAsync_CsvFieldOf200Megabytes_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();
        using var huge = new HugeLineStream("text,output\nfine,good\n\"", 200L << 20);

        var result = await staging.AddAsync(Split.Train, "train.csv", huge, Cancellation);

        Assert.Equal("line_too_long", result.Error.Code);
        Assert.Contains("train.csv, line 3", result.Error.Message, StringComparison.Ordinal);
        Assert.True(huge.Position < 3 << 20);
    }

    public static TheoryData<string, string, string> BrokenRows() => new()
    {
        { "{\"id\":\"a\"", "row_not_json", "train.jsonl:2" },
        { "[1]", "row_malformed", "train.jsonl:2" },
        { "{\"id\":\"a\",\"output\":\"good\"}", "row_malformed", "train.jsonl:2:input" },
        { "{\"input\":\"text\",\"output\":\"good\"}", "row_malformed", "train.jsonl:2:input" },
        { "{\"input\":{\"text\":1},\"output\":\"good\"}", "row_malformed", "train.jsonl:2:input.text" },
        { "{\"input\":{\"text\":\"x\",\"text2\":2},\"output\":\"good\"}", "row_malformed", "train.jsonl:2:input.text2" },
        { "{\"input\":{\"text\":\"x\"}}", "row_malformed", "train.jsonl:2:output" },
        { "{\"input\":{\"text\":\"x\"},\"output\":3}", "row_malformed", "train.jsonl:2:output" },
        { "{\"id\":[],\"input\":{\"text\":\"x\"},\"output\":\"good\"}", "row_malformed", "train.jsonl:2:id" },
        { "{\"output\":\"a\",\"input\":{\"text\":\"x\"},\"output\":\"b\"}", "row_not_json", "train.jsonl:2" },
    };

    [Theory]
    [MemberData(nameof(BrokenRows))]
    public async Task AddAsync_BrokenRow_NamesFileLineAndField(string row, string code, string field)
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();

        var result = await staging.AddAsync(Split.Train, "train.jsonl", Bytes(TestWorld.Row("a", "x", "good") + "\n" + row + "\n"), Cancellation);

        var error = Assert.Single(result.Errors);
        Assert.Equal((code, field), (error.Code, error.Field));
        Assert.StartsWith("train.jsonl, line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddAsync_ManyBrokenRows_ListsTwentyAndSaysThatThereMayBeMore()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();

        var result = await staging.AddAsync(Split.Train, "train.jsonl", Bytes(string.Concat(Enumerable.Repeat("{}\n", 100))), Cancellation);

        Assert.Equal(21, result.Errors.Count);
        Assert.Equal("further_problems", result.Errors[^1].Code);
    }

    [Fact]
    public async Task AddAsync_BadUtf8_IsRefusedByLine()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();
        byte[] bytes = [.. "{\"input\":{\"text\":\""u8, 0xC3, 0x28, .. "\"},\"output\":\"good\"}\n"u8];

        var result = await staging.AddAsync(Split.Train, "train.jsonl", new MemoryStream(bytes), Cancellation);

        Assert.Equal("not_utf8", result.Error.Code);
    }

    [Fact]
    public async Task AddAsync_EmptySplitUnknownFormatOrTooManyRows_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync(("Platform:MaxRows", "2"));
        var uploads = database.Get<DatasetUploads>();

        async Task<Error> Refusal(string name, string text)
        {
            using var staging = uploads.Stage();
            return (await staging.AddAsync(Split.Test, name, Bytes(text), Cancellation)).Error;
        }

        Assert.Equal("split_empty", (await Refusal("test.jsonl", "\n\n")).Code);
        Assert.Equal("split_empty", (await Refusal("test.csv", "text,output\n")).Code);
        Assert.Equal("format_unknown", (await Refusal("test.xlsx", "")).Code);
        Assert.Equal("too_many_rows", (await Refusal("test.jsonl", string.Concat(Enumerable.Repeat(TestWorld.Row("a", "x", "good") + "\n", 3)))).Code);
    }

    [Theory]
    [InlineData("id,text,output\nr1,\"He said \"\"no\"\", twice\",good\nr2,\"two\nlines\",bad\n")]
    [InlineData("id;text;output\r\nr1;\"He said \"\"no\"\", twice\";good\r\nr2;\"two\nlines\";bad\r\n")]
    [InlineData("\uFEFFid\ttext\toutput\nr1\t\"He said \"\"no\"\", twice\"\tgood\nr2\t\"two\nlines\"\tbad")]
    public async Task AddAsync_Csv_KeepsQuotesSeparatorsAndLineBreaks(string csv)
    {
        await using var database = await TestDatabase.CreateAsync();
        var rows = await StoreCsvAsync(database, csv);

        Assert.Equal(["r1", "r2"], rows.Select(row => row.Id));
        Assert.Equal(["He said \"no\", twice", "two\nlines"], rows.Select(row => row.Text));
        Assert.Equal(["good", "bad"], rows.Select(row => row.Output));
    }

    [Theory]
    [InlineData("text,label\na,b\n", "csv_header_invalid", "line 1")]
    [InlineData("text,output\na,b,c\n", "csv_fields_wrong", "line 2")]
    [InlineData("text,output\na,b\n\"open,b\n", "csv_quote_open", "line 3")]
    public async Task AddAsync_BrokenCsv_NamesTheLine(string csv, string code, string place)
    {
        await using var database = await TestDatabase.CreateAsync();
        using var staging = database.Get<DatasetUploads>().Stage();

        var error = (await staging.AddAsync(Split.Train, "train.csv", Bytes(csv), Cancellation)).Error;

        Assert.Equal(code, error.Code);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_AfterARefusal_LeavesNothingInTheStore()
    {
        await using var database = await TestDatabase.CreateAsync();
        using (var staging = database.Get<DatasetUploads>().Stage())
        {
            await staging.AddAsync(Split.Train, "train.jsonl", Bytes(TestWorld.Row("a", "x", "good")), Cancellation);
            await staging.AddAsync(Split.Test, "test.jsonl", Bytes("nonsense"), Cancellation);
        }

        Assert.Empty(Directory.GetFiles(database.Get<ArtifactStore>().Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task StoreAsync_MissingSplit_NamesIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var uploads = database.Get<DatasetUploads>();
        using var staging = uploads.Stage();
        await staging.AddAsync(Split.Train, "train.jsonl", Bytes(TestWorld.Row("a", "x", "good")), Cancellation);

        var result = await uploads.StoreAsync(TestWorld.Admin, task.Id, staging, Cancellation);

        Assert.Equal(["validation", "test"], result.Errors.Select(error => error.Field));
    }

    private static async Task<List<DatasetRow>> StoreCsvAsync(TestDatabase database, string csv)
    {
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var uploads = database.Get<DatasetUploads>();
        using var staging = uploads.Stage();
        Assert.True((await staging.AddAsync(Split.Train, "my data.csv", Bytes(csv), Cancellation)).IsSuccess);
        foreach (var split in new[] { Split.Validation, Split.Test })
            await staging.AddAsync(split, "x.jsonl", Bytes(TestWorld.Row(split.ToWire(), "x", "good")), Cancellation);
        var stored = (await uploads.StoreAsync(TestWorld.Admin, task.Id, staging, Cancellation)).Value;
        return await DatasetRow.ReadAsync(database.Get<ArtifactStore>().FullPath(stored.Version.ArtifactPath), Split.Train, Cancellation).ToListAsync(Cancellation);
    }
}
