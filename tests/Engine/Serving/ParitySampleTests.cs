using Platform.Engine.Generation;
using Platform.Engine.Serving;

namespace Platform.Engine.Tests.Serving;

public sealed class ParitySampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Record_WrittenAndReadByAServerOfTheSameWeights_ShowsNoDifference()
    {
        using var model = Saved(seed: 1);
        ParitySample.Write(_folder.Path, ParitySample.Record(model, Rows(), default));

        var samples = ParitySample.Read(_folder.Path);

        Assert.Equal(["colour", "echo"], samples.Select(s => s.Task).Distinct());
        Assert.Empty(ParitySample.Differences(samples, Answers(model, samples)));
    }

    [Fact]
    public void Differences_OtherWeights_NamesTheSampleAndBothAnswers()
    {
        using var model = Saved(seed: 1);
        var samples = ParitySample.Record(model, Rows(), default);
        using var other = Saved(seed: 2);

        var differences = ParitySample.Differences(samples, Answers(other, samples));

        Assert.NotEmpty(differences);
        Assert.StartsWith("Sample 1 (colour) was", differences[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Record_RowLongerThanTheContext_LeavesItOut()
    {
        using var model = Saved(seed: 1);
        var rows = Rows();
        var tooLong = rows[0].Row with { Text = string.Join(' ', Enumerable.Repeat("song", 300)) };

        Assert.Equal(ParitySample.Record(model, rows, default), ParitySample.Record(model, [.. rows, ("echo", tooLong)], default));
    }

    [Theory]
    [InlineData("{\"task\":\"a\"}", "line 2: task, text or output is missing")]
    [InlineData("{", "line 2: not valid JSON")]
    public void Read_MalformedLine_NamesIt(string line, string expected)
    {
        File.WriteAllText(_folder.File(ParitySample.FileName), $"\n{line}\n");

        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => ParitySample.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFile_IsEmpty() => Assert.Empty(ParitySample.Read(_folder.Path));

    private MultiTaskModel Saved(long seed)
    {
        var folder = _folder.File($"model-{seed}");
        using (var model = TinyModel.Create(seed))
            MultiTaskModel.Save(folder, model, TinyModel.Tokenizer, [(TinyModel.ColourTask().Spec, null), (TinyModel.EchoTask().Spec, null)]);
        return MultiTaskModel.Load(folder);
    }

    private static List<(string Task, Engine.Tasks.Example Row)> Rows() =>
        [.. TinyModel.ColourTask().Test.Take(4).Select(row => ("colour", row)), .. TinyModel.EchoTask().Test.Take(4).Select(row => ("echo", row))];

    private static IReadOnlyList<Answer> Answers(MultiTaskModel model, IReadOnlyList<ParitySample> samples) =>
        model.Predict([.. samples.Select(s => new ServedInput(s.Task, s.Text, s.Text2))]);
}
