using System.Text;
using Microsoft.EntityFrameworkCore;
using Parquet;
using Parquet.Schema;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Formats;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Datasets.Intakes;

public sealed class DatasetIntakesTests
{
    private static readonly byte[] Rows = Encoding.UTF8.GetBytes(TestWorld.Row("a", "lovely room", "good") + "\n" + TestWorld.Row("b", "dirty room", "bad") + "\n");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppendAsync_InPieces_BecomesTheVersionThatOnePieceWouldBe()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;

        foreach (var split in Splits.All)
            for (var offset = 0; offset < Rows.Length; offset += 50)
                Assert.Equal(Math.Min(offset + 50, Rows.Length), (await intakes.AppendAsync(member, intake.Id, split, offset, new MemoryStream(Rows[offset..Math.Min(offset + 50, Rows.Length)]), Cancellation)).Value);
        var ended = await intakes.EndReceivingAsync(member, intake.Id, Cancellation);
        var read = await ReadAsync(database, intake.Id);

        Assert.Equal(IntakeStatus.Queued, ended.Value.Status);
        Assert.Equal((IntakeStatus.Stored, 6, true), (read.Status, read.RowsRead, read.IsNew));
        var version = (await database.Get<DatasetQueries>().ListAsync(member, task.Id, Cancellation)).Single();
        Assert.Equal((2, 2, 2, "Mia"), (version.TrainRows, version.ValidationRows, version.TestRows, version.UploadedByName));
        Assert.Empty(Directory.GetFiles(Path.Combine(database.Folder, "uploads"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task AppendAsync_AtAnotherByteThanTheNext_IsRefusedAndSaysWhereToGoOn()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;
        await intakes.AppendAsync(member, intake.Id, Split.Train, 0, new MemoryStream(Rows[..40]), Cancellation);

        var again = await intakes.AppendAsync(member, intake.Id, Split.Train, 0, new MemoryStream(Rows[..40]), Cancellation);

        Assert.Equal((IntakeErrors.OffsetCode, 409), (again.Error.Code, again.Error.Status));
        Assert.Contains("byte 40", again.Error.Message, StringComparison.Ordinal);
        Assert.Equal(40, intakes.Received(intake)[Split.Train]);
    }

    [Fact]
    public async Task AppendAsync_PieceThatBreaksOff_KeepsWhatArrived()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;

        await Assert.ThrowsAsync<IOException>(() => intakes.AppendAsync(member, intake.Id, Split.Train, 0, new BreakingStream(Rows[..30]), Cancellation));

        Assert.Equal(30, intakes.Received(intake)[Split.Train]);
        Assert.Equal(Rows.Length, (await intakes.AppendAsync(member, intake.Id, Split.Train, 30, new MemoryStream(Rows[30..]), Cancellation)).Value);
    }

    [Fact]
    public async Task AppendAsync_MoreThanAnnounced_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;

        var appended = await intakes.AppendAsync(member, intake.Id, Split.Train, 0, new MemoryStream([.. Rows, .. Rows]), Cancellation);

        Assert.Equal("file_too_large", appended.Error.Code);
    }

    [Fact]
    public async Task BeginAsync_SameFilesAgain_GoesOnWithTheSameUpload()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var first = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;

        var again = await intakes.BeginAsync(member, task.Name, [.. Files(".jsonl", Rows).Reverse()], Cancellation);
        var changed = await intakes.BeginAsync(member, task.Name, [.. Files(".jsonl", Rows).Select(file => file with { Modified = 7 })], Cancellation);

        Assert.Equal(first.Id, again.Value.Id);
        Assert.NotEqual(first.Id, changed.Value.Id);
    }

    [Fact]
    public async Task BeginAsync_UnusableFiles_NamesEachProblem()
    {
        await using var database = await TestDatabase.CreateAsync(("Platform:MaxFileBytes", "2000000"));
        var (member, task) = await AddTaskAsync(database);

        var begun = await database.Get<DatasetIntakes>().BeginAsync(
            member, task.Name, [new(Split.Train, "a.xlsx", 5, 0), new(Split.Train, "b.csv", 3_000_000, 0), new(Split.Test, "c.csv", 0, 0)], Cancellation);

        Assert.Equal(["file_too_large", "format_unknown", "split_missing", "split_twice", "upload_file_empty"], begun.Errors.Select(error => error.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EndReceivingAsync_BytesMissing_SaysHowMany()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;

        var ended = await intakes.EndReceivingAsync(member, intake.Id, Cancellation);

        Assert.Equal("upload_incomplete", ended.Error.Code);
    }

    [Fact]
    public async Task MapAsync_TableWithOtherNames_ReadsItsColumnsAndKeepsTheOthers()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var csv = Encoding.UTF8.GetBytes("review;stars;sentiment\n\"lovely; really\";5;good\ndirty;1;bad\n");
        var intake = await SendAsync(intakes, member, task, Files(".csv", csv), csv);

        var waiting = (await intakes.FindAsync(member, intake.Id, Cancellation)).Value;
        var views = (await intakes.InspectAsync(member, intake.Id, Cancellation)).Value;
        var guess = ColumnMap.Guess(views[0].Columns, task.Kind);
        await intakes.MapAsync(member, intake.Id, guess, Cancellation);
        var read = await ReadAsync(database, intake.Id);

        Assert.Equal(IntakeStatus.Received, waiting.Status);
        Assert.Equal(new ColumnMap("review", "sentiment"), guess);
        Assert.Equal(["lovely; really", "5", "good"], views[0].Records[0]);
        Assert.Equal(IntakeStatus.Stored, read.Status);
        Assert.Equal("""{"id":"train-1","input":{"text":"lovely; really"},"output":"good","stars":"5"}""", await FirstLineAsync(database));
    }

    [Fact]
    public async Task MapAsync_ColumnThatIsMissingOrChosenTwice_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var csv = Encoding.UTF8.GetBytes("review,sentiment\nlovely,good\n");
        var intake = await SendAsync(intakes, member, task, Files(".csv", csv), csv);

        var missing = await intakes.MapAsync(member, intake.Id, new ColumnMap("review", "mood"), Cancellation);
        var twice = await intakes.MapAsync(member, intake.Id, new ColumnMap("review", "review"), Cancellation);
        var none = await intakes.MapAsync(member, intake.Id, new ColumnMap("", ""), Cancellation);

        Assert.Equal(["column_missing", "column_missing", "column_missing"], missing.Errors.Select(error => error.Code));
        Assert.Equal("column_twice", twice.Error.Code);
        Assert.Equal(["text", "output"], none.Errors.Select(error => error.Field));
    }

    [Fact]
    public async Task RunAsync_ParquetInSeveralRowGroups_ReadsTextsNumbersAndMissingValues()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var parquet = await ParquetAsync();
        var intake = await SendAsync(intakes, member, task, Files(".parquet", parquet), parquet);

        await intakes.MapAsync(member, intake.Id, new ColumnMap("sentence", "label", null, "idx"), Cancellation);
        var read = await ReadAsync(database, intake.Id);

        Assert.Equal(IntakeStatus.Stored, read.Status);
        var rows = await database.Get<DatasetQueries>().PreviewAsync(member, read.DatasetVersionId!.Value, Split.Train, 10, Cancellation);
        Assert.Equal([("0", "lovely", "good"), ("1", "dirty", "bad"), ("2", "fine", "good"), ("3", "loud", "bad")], rows.Value.Select(row => (row.Id, row.Text, row.Output)));
        Assert.Equal("""{"id":"0","input":{"text":"lovely"},"output":"good","weight":"0.5"}""", await FirstLineAsync(database));
    }

    [Fact]
    public async Task RunAsync_FileThatIsNoParquet_IsRefusedWithAReason()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = await SendAsync(intakes, member, task, Files(".parquet", Rows), Rows);

        var read = await ReadAsync(database, intake.Id);

        Assert.Equal(IntakeStatus.Refused, read.Status);
        Assert.Equal(["parquet_malformed", "parquet_malformed", "parquet_malformed"], read.Problems.Select(problem => problem.Code));
        Assert.Empty(await database.Get<DatasetQueries>().ListAsync(member, task.Id, Cancellation));
    }

    [Fact]
    public async Task FindAsync_UploadOfAnotherTeam_IsUnknown()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;
        var stranger = TestWorld.MemberOf();

        Assert.Equal("upload_unknown", (await intakes.FindAsync(stranger, intake.Id, Cancellation)).Error.Code);
        Assert.Equal("upload_unknown", (await intakes.AppendAsync(stranger, intake.Id, Split.Train, 0, new MemoryStream(Rows), Cancellation)).Error.Code);
        Assert.Equal("upload_unknown", (await intakes.CancelAsync(stranger, intake.Id, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await intakes.BeginAsync(stranger, task.Name, Files(".jsonl", Rows), Cancellation)).Error.Code);
    }

    [Fact]
    public async Task CancelAsync_HalfSent_LeavesNothingBehind()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intakes = database.Get<DatasetIntakes>();
        var intake = (await intakes.BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;
        await intakes.AppendAsync(member, intake.Id, Split.Train, 0, new MemoryStream(Rows), Cancellation);

        var cancelled = await intakes.CancelAsync(member, intake.Id, Cancellation);

        Assert.Equal(IntakeStatus.Cancelled, cancelled.Value.Status);
        Assert.False(Directory.Exists(Path.Combine(database.Folder, "uploads", intake.Id.ToString("N"))));
        Assert.Equal("upload_not_receiving", (await intakes.AppendAsync(member, intake.Id, Split.Train, 0, new MemoryStream(Rows), Cancellation)).Error.Code);
    }

    [Fact]
    public async Task RemoveAbandonedAsync_AfterAWeek_LetsGoOfHalfSentUploads()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (member, task) = await AddTaskAsync(database);
        var intake = (await database.Get<DatasetIntakes>().BeginAsync(member, task.Name, Files(".jsonl", Rows), Cancellation)).Value;
        var reading = database.Get<IntakeReading>();

        Assert.Equal(0, await reading.RemoveAbandonedAsync(Cancellation));
        database.Clock.Advance(DatasetIntakes.KeptFor + TimeSpan.FromHours(1));

        Assert.Equal(1, await reading.RemoveAbandonedAsync(Cancellation));
        Assert.Equal(IntakeStatus.Cancelled, (await database.Get<DatasetIntakes>().FindAsync(member, intake.Id, Cancellation)).Value.Status);
    }

    private static async Task<(Actor Member, TaskDefinition Task)> AddTaskAsync(TestDatabase database)
    {
        var team = await database.AddTeamAsync();
        return (TestWorld.MemberOf(team) with { Name = "Mia" }, await database.AddTaskAsync(team));
    }

    private static IReadOnlyList<IntakeFile> Files(string extension, byte[] content) => [.. Splits.All.Select(split => new IntakeFile(split, split.ToWire() + extension, content.Length, 1))];

    private static async Task<DatasetIntake> SendAsync(DatasetIntakes intakes, Actor member, TaskDefinition task, IReadOnlyList<IntakeFile> files, byte[] content)
    {
        var intake = (await intakes.BeginAsync(member, task.Name, files, Cancellation)).Value;
        foreach (var file in files)
            await intakes.AppendAsync(member, intake.Id, file.Split, 0, new MemoryStream(content), Cancellation);
        return (await intakes.EndReceivingAsync(member, intake.Id, Cancellation)).Value;
    }

    private static async Task<DatasetIntake> ReadAsync(TestDatabase database, Guid id)
    {
        var claim = await database.Get<WorkClaims>().TryClaimAsync<DatasetIntake>(id, "jobs", Cancellation);
        return (await database.Get<IntakeReading>().RunAsync(claim!, Cancellation)).Value;
    }

    private static async Task<string> FirstLineAsync(TestDatabase database)
    {
        await using var context = database.Open();
        var path = (await context.DatasetVersions.SingleAsync(Cancellation)).ArtifactPath;
        return (await File.ReadAllLinesAsync(Path.Combine(database.Folder, "artifacts", path, "train.jsonl"), Cancellation))[0];
    }

    private static async Task<byte[]> ParquetAsync()
    {
        var (id, sentence, label, weight) = (new DataField<long>("idx"), new DataField<string>("sentence"), new DataField<string>("label"), new DataField("weight", typeof(double?)));
        var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(id, sentence, label, weight), file, cancellationToken: Cancellation))
            foreach (var (first, texts, labels) in new[] { (0L, new[] { "lovely", "dirty" }, new[] { "good", "bad" }), (2L, ["fine", "loud"], ["good", "bad"]) })
            {
                using var rows = writer.CreateRowGroup();
                await rows.WriteAsync<long>(id, new[] { first, first + 1 }, null, null, Cancellation);
                await rows.WriteAsync(sentence, texts, null);
                await rows.WriteAsync(label, labels, null);
                await rows.WriteAsync<double>(weight, new double?[] { 0.5, null }, null, null, Cancellation);
            }

        return file.ToArray();
    }

    /// <summary>A connection that breaks after its first bytes.</summary>
    private sealed class BreakingStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("The connection broke.");
    }
}
