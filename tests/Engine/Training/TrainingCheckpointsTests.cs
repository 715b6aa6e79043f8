using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class TrainingCheckpointsTests : IDisposable
{
    private const string Identity = "a training";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _refused = [];
    private readonly Tensor _weight = zeros(3, 5);
    private readonly Tensor _moment = zeros(3, 5);

    private string BasePath => _folder.File("run.safetensors");

    public void Dispose()
    {
        _weight.Dispose();
        _moment.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Restore_SeveralSteps_BringsBackTheNewest()
    {
        Save(1);
        Save(2);

        Assert.Equal(2, Restore());

        AssertHolds(2);
        Assert.Empty(_refused);
    }

    [Fact]
    public void Restore_NothingThere_IsNullAndLeavesTheTensors()
    {
        Fill(7);

        Assert.Null(Restore());

        AssertHolds(7);
        Assert.Empty(_refused);
    }

    [Fact]
    public void Restore_NewestTruncatedAtAnyLength_SaysSoAndUsesTheOneBefore()
    {
        Save(1);
        Save(2);
        var whole = File.ReadAllBytes(StepPath(2));

        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(StepPath(2), whole[..length]);
            AssertOneBeforeIsUsed($"at {length} of {whole.Length} bytes", "truncated or damaged");
        }
    }

    [Fact]
    public void Restore_NewestWithAnyByteChanged_SaysSoAndUsesTheOneBefore()
    {
        Save(1);
        Save(2);
        var whole = File.ReadAllBytes(StepPath(2));
        var random = new SeededRandom(11);

        for (var offset = 0; offset < whole.Length; offset++)
        {
            var changed = whole.ToArray();
            changed[offset] ^= (byte)(1 + random.Next(255));
            File.WriteAllBytes(StepPath(2), changed);
            AssertOneBeforeIsUsed($"byte {offset} of {whole.Length}", "damaged");
        }
    }

    [Fact]
    public void Restore_NewestWithBytesBehindItsEnd_SaysSoAndUsesTheOneBefore()
    {
        Save(1);
        Save(2);
        File.AppendAllText(StepPath(2), "x");

        AssertOneBeforeIsUsed("a byte too many", "damaged");
    }

    [Fact]
    public void Restore_AnotherIdentity_IsRefusedByName()
    {
        Save(1);
        Fill(7);

        Assert.Null(Restore("a second training"));

        AssertHolds(7);
        Assert.Contains("it belongs to another training (a training, not a second training)", _refused[0], StringComparison.Ordinal);
        Assert.Contains("starts from the beginning", _refused[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_TensorsOfAnotherShapeOrName_AreRefusedAndNothingIsOverwritten()
    {
        Save(1);
        Fill(7);
        using var wide = zeros(3, 6);
        using var half = zeros([3, 5], ScalarType.Float16);

        Assert.Null(Restore(tensors: [("weight", _weight), ("moment", wide)]));
        Assert.Null(Restore(tensors: [("weight", _weight), ("moment", half)]));
        Assert.Null(Restore(tensors: [("weight", _weight), ("other", _moment)]));
        Assert.Null(Restore(tensors: [("weight", _weight)]));

        AssertHolds(7);
        Assert.Contains("should be F32[3, 6]", _refused[0], StringComparison.Ordinal);
        Assert.Contains("should be F16[3, 5]", _refused[2], StringComparison.Ordinal);
        Assert.Contains("no tensor other", _refused[4], StringComparison.Ordinal);
        Assert.Contains("holds 2 tensors; this training has 1", _refused[6], StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_BestWeightsDamagedOrGone_UsesTheCheckpointThatNeedsOthers()
    {
        SaveBest(1);
        Save(1, best: 1);
        SaveBest(2);
        Save(2, best: 2);
        var bytes = File.ReadAllBytes(BestPath(2));
        bytes[20] ^= 4;
        File.WriteAllBytes(BestPath(2), bytes);

        Assert.Equal(1, Restore());
        Assert.Contains("its best weights cannot be used", Assert.Single(_refused), StringComparison.Ordinal);
        File.Delete(BestPath(2));
        Assert.Equal(1, Restore());
    }

    [Fact]
    public void LoadBest_DamagedFile_SaysSoAndLeavesTheWeights()
    {
        SaveBest(4);
        Fill(7);
        var bytes = File.ReadAllBytes(BestPath(4));
        bytes[^1] ^= 4;
        File.WriteAllBytes(BestPath(4), bytes);

        var error = Assert.Throws<InvalidDataException>(() => Open().LoadBest(4, Weights()));

        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        AssertHolds(7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Save_ManySteps_KeepsTheLastAndTheBestWeightsTheyReferTo(int keep)
    {
        long? best = null;
        for (var step = 1; step <= 20; step++)
        {
            if (step % 6 == 0) // 6, 12, 18
            {
                SaveBest(step, keep);
                best = step;
            }

            Save(step, keep, best);
            Assert.Equal(Enumerable.Range(Math.Max(1, step - keep + 1), Math.Min(step, keep)), Stored("step"));
        }

        Assert.Equal(keep == 5 ? [12, 18] : [18], Stored("best"));
    }

    [Fact]
    public void Save_AfterTheNewestWasRefused_DoesNotCountItAmongTheLast()
    {
        Save(1);
        Save(9);
        File.WriteAllBytes(StepPath(9), [1, 2, 3]);
        Assert.Equal(1, Restore());

        Save(2);

        Assert.Equal([1, 2], Stored("step"));
    }

    [Fact]
    public void Save_StateThatIsNoNumber_IsStored()
    {
        Open().Save(3, Tensors(), new State(3, double.NaN));

        var state = Open().Restore<State>(Tensors(), Weights(), _refused.Add);

        Assert.Equal(new State(3, double.NaN), state);
    }

    [Fact]
    public void Restore_PartOfAKilledProcess_IsDeletedAndNeverRead()
    {
        Save(1);
        File.WriteAllBytes($"{StepPath(2)}.4711.tmp", new byte[1000]);

        Assert.Equal(1, Restore());

        Assert.Equal([Path.GetFileName(StepPath(1))], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Delete_EverythingOfATraining_LeavesOthersAlone()
    {
        SaveBest(1);
        Save(1, best: 1);
        File.WriteAllText($"{StepPath(2)}.4711.tmp", "part");
        new TrainingCheckpoints(_folder.File("run.safetensors-2"), Identity).Save(1, Tensors(), new State(1, 0));

        TrainingCheckpoints.Delete(BasePath);

        Assert.Equal(["run.safetensors-2.step-0000000001"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Save_AndRestore_LeaveNoTensorBehind()
    {
        Save(1);
        // What other tests have left to the garbage collection must not go in between.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;

        SaveBest(2);
        Save(2, best: 2);
        Restore();

        Assert.Equal(before, Tensor.TotalCount);
    }

    private sealed record State(long Step, double Loss);

    private TrainingCheckpoints Open(string identity = Identity, int keep = 2) => new(BasePath, identity, keep);

    private void Save(int step, int keep = 2, long? best = null)
    {
        Fill(step);
        Open(keep: keep).Save(step, Tensors(), new State(step, 0.5), best);
    }

    private void SaveBest(int step, int keep = 2)
    {
        Fill(step);
        Open(keep: keep).SaveBest(step, Weights());
    }

    private long? Restore(string identity = Identity, IReadOnlyList<(string, Tensor)>? tensors = null) =>
        Open(identity).Restore<State>(tensors ?? Tensors(), Weights(), _refused.Add)?.Step;

    private void AssertOneBeforeIsUsed(string where, string reason)
    {
        _refused.Clear();
        Fill(7);

        Assert.True(Restore() == 1, where);

        Assert.True(_refused is [var sentence] && sentence.StartsWith("Checkpoint not used: ", StringComparison.Ordinal) && sentence.Contains(reason, StringComparison.Ordinal), $"{where}: {string.Join(' ', _refused)}");
        AssertHolds(1);
    }

    private void Fill(int step)
    {
        using var scope = NewDisposeScope();
        _weight.copy_(arange(15).view(3, 5).add(step));
        _moment.fill_(-step);
    }

    private void AssertHolds(int step)
    {
        Assert.Equal(step + 14, _weight[2, 4].item<float>());
        Assert.Equal(-step, _moment[0, 0].item<float>());
    }

    private List<(string, Tensor)> Weights() => [("weight", _weight)];

    private List<(string, Tensor)> Tensors() => [("weight", _weight), ("moment", _moment)];

    private IEnumerable<int> Stored(string part) =>
        Directory.GetFiles(_folder.Path, $"*.{part}-*").Select(file => int.Parse(file[^10..], System.Globalization.CultureInfo.InvariantCulture)).Order();

    private string StepPath(int step) => $"{BasePath}.step-{step:D10}";

    private string BestPath(int step) => $"{BasePath}.best-{step:D10}";
}
