using System.Runtime.InteropServices;
using Platform.Engine.Models;
using Platform.Engine.Pretraining;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Pretraining;

public sealed class PretrainerTests : IDisposable
{
    private const int Vocabulary = 48;

    // Ids that stand only in the held-out end of the corpus.
    private const int FirstHeldOut = 40;

    private static readonly ModelConfig Shape = TinyModel.Config with
    {
        VocabularySize = Vocabulary,
        HiddenSize = 16,
        IntermediateSize = 24,
        Layers = 1,
        QueryHeads = 2,
        KeyValueHeads = 1,
        ContextTokens = 16,
        TiedHead = false,
    };

    private static readonly PretrainingOptions Options = new()
    {
        SequenceTokens = 16,
        BatchTokens = 64,
        MicroBatchTokens = 32,
        TotalTokens = 64 * 12,
        RepeatShare = 0.5,
        ValidationSequences = 3,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _events = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_StoppedAfterEveryUpdateAndResumed_EndsBitIdentical()
    {
        using var straight = new CausalLanguageModel(Shape);
        var (straightLoss, _) = Run(straight, "straight", Options);

        using var resumed = new CausalLanguageModel(Shape);
        var (rounds, loss) = (0, 0.0);
        for (var done = false; !done && rounds < 40; rounds++)
        {
            using var stop = new CancellationTokenSource();
            (loss, var last) = Run(resumed, "resumed", Options, _ => stop.Cancel(), stop.Token);
            done = last is null;
        }

        Assert.Equal(13, rounds); // one for each update, and one that finds nothing left to do
        Assert.Equal(straightLoss, loss);
        AssertSameWeights(straight, resumed);
    }

    [Fact]
    public void Run_OtherOptions_StartsAnew()
    {
        using var first = new CausalLanguageModel(Shape);
        Run(first, "checkpoint", Options);
        using var alone = new CausalLanguageModel(Shape);
        Run(alone, "alone", Options with { RepeatShare = 0 });

        using var second = new CausalLanguageModel(Shape);
        var (_, last) = Run(second, "checkpoint", Options with { RepeatShare = 0 });

        Assert.Equal(12, last?.Step);
        AssertSameWeights(alone, second);
    }

    [Fact]
    public void Run_DamagedCheckpoint_GoesOnFromTheOneBefore()
    {
        using var straight = new CausalLanguageModel(Shape);
        Run(straight, "straight", Options);
        using var resumed = new CausalLanguageModel(Shape);
        using var stop = new CancellationTokenSource();
        Run(resumed, "resumed", Options with { CheckpointInterval = TimeSpan.Zero }, step => StopAfter(4, step, stop), stop.Token);
        var newest = Directory.GetFiles(_folder.Path, "resumed.step-*").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[^3] ^= 1;
        File.WriteAllBytes(newest, bytes);
        var steps = new List<long>();

        Run(resumed, "resumed", Options, step => steps.Add(step.Step));

        Assert.Equal(4, steps[0]); // the newest was of the fourth update
        Assert.Contains(_events, e => e.Contains("the file is damaged", StringComparison.Ordinal));
        Assert.Contains("Resumed after 3 of 12 updates.", _events);
        AssertSameWeights(straight, resumed);
    }

    public static TheoryData<string, PretrainingOptions> OtherTrainings => new()
    {
        { "matrix learning rate", Options with { MatrixLearningRate = 0.01 } },
        { "embedding learning rate", Options with { EmbeddingLearningRate = 0.001 } },
        { "warm-up", Options with { WarmupShare = 0.5 } },
        { "weight decay", Options with { MatrixWeightDecay = 0 } },
        { "seed", Options with { Seed = 2 } },
    };

    [Theory]
    [MemberData(nameof(OtherTrainings))]
    public void Run_CheckpointOfAnotherTraining_IsRefusedWithTheReason(string what, PretrainingOptions other)
    {
        using var model = new CausalLanguageModel(Shape);
        Run(model, "checkpoint", Options);

        var (_, last) = Run(model, "checkpoint", other);

        Assert.True(last?.Step == 12, $"the same {what} was assumed");
        Assert.Contains(_events, e => e.Contains("belongs to another training", StringComparison.Ordinal));
        Assert.Contains(_events, e => e.Contains("from the beginning", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_OtherTextOfTheSameLength_StartsAnew()
    {
        using var model = new CausalLanguageModel(Shape);
        Run(model, "checkpoint", Options);
        var path = _folder.File("other.tokens");
        WriteIds(path, Corpus().Ids.ToArray().Reverse().Select(id => (int)id));
        using var pretrainer = new Pretrainer(model, TokenFile.Read(path), Options, _folder.File("checkpoint"));
        var steps = 0;

        pretrainer.Run(_ => steps++, _events.Add, CancellationToken.None);

        Assert.Equal(12, steps);
        Assert.Contains(_events, e => e.Contains("belongs to another training", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_TokensOfTheHeldOutEnd_AreNeverTrainedOn()
    {
        using var model = new CausalLanguageModel(Shape);
        model.Initialize(Options.Seed);
        var before = Embeddings(model);

        // Many epochs, so that every offset of the walk over the corpus comes up.
        var (_, last) = Run(model, "run", Options with { TotalTokens = 64 * 150 });

        Assert.Equal(150, last?.Step);
        var after = Embeddings(model);
        for (var id = 0; id < Vocabulary; id++)
        {
            // An id that no training sequence has gets no gradient, and the embeddings have no weight decay.
            var unchanged = before[id].AsSpan().SequenceEqual(after[id]);
            Assert.True(unchanged == (id >= FirstHeldOut), $"the embedding of id {id} {(unchanged ? "did not change" : "changed")}");
        }
    }

    [Fact]
    public void Run_TextWithAPattern_LearnsIt()
    {
        var path = _folder.File("pattern.tokens");
        WriteIds(path, Enumerable.Range(0, 1200).Select(i => i % 7));
        using var model = new CausalLanguageModel(Shape);
        using var pretrainer = new Pretrainer(model, TokenFile.Read(path), Options with { TotalTokens = 64 * 60, RepeatShare = 0 }, _folder.File("checkpoint"));
        var losses = new List<double>();

        var validation = pretrainer.Run(step => losses.Add(step.Loss), _ => { }, CancellationToken.None);

        Assert.InRange(losses[0], 3.5, 4.3); // ln 48 = 3.87: nothing is known yet
        Assert.InRange(validation, 0, losses[0] / 2);
    }

    [Theory]
    [InlineData(176, 64, 7, 177)]
    [InlineData(40, 64, 7, 177)]
    [InlineData(80, 16, 3, 81)]
    public void Constructor_CorpusTooSmall_SaysWhatIsNeeded(int tokens, int batchTokens, int validationSequences, int needed)
    {
        var path = _folder.File("small.tokens");
        using var model = new CausalLanguageModel(Shape);
        var options = Options with { BatchTokens = batchTokens, ValidationSequences = validationSequences };
        var before = Tensor.TotalCount;

        var error = Assert.Throws<ArgumentException>(() => Create(tokens));

        Assert.Contains($"The corpus has {tokens} tokens; at least {needed} are needed.", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Tensor.TotalCount);
        using var enough = Create(needed);

        Pretrainer Create(int count)
        {
            WriteIds(path, Enumerable.Range(0, count).Select(i => i % Vocabulary));
            return new Pretrainer(model, TokenFile.Read(path), options, _folder.File("checkpoint"));
        }
    }

    [Fact]
    public void Constructor_BatchSmallerThanASequence_IsRefused()
    {
        using var model = new CausalLanguageModel(Shape);

        var error = Assert.Throws<ArgumentException>(() => new Pretrainer(model, Corpus(), Options with { BatchTokens = 8 }, _folder.File("checkpoint")));

        Assert.Contains("BatchTokens is 8; it must be at least SequenceTokens, 16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ManySteps_LeavesNoTensorBehind()
    {
        using var model = new CausalLanguageModel(Shape);
        Run(model, "warm", Options);
        var counts = new List<long>();

        Run(model, "run", Options with { TotalTokens = 64 * 30 }, _ => counts.Add(Tensor.TotalCount));

        Assert.Equal(counts[2], counts[29]);
    }

    private (double Loss, PretrainingProgress? Last) Run(
        CausalLanguageModel model,
        string checkpoint,
        PretrainingOptions options,
        Action<PretrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        PretrainingProgress? last = null;
        using var pretrainer = new Pretrainer(model, Corpus(), options, _folder.File(checkpoint));
        var loss = pretrainer.Run(
            step =>
            {
                last = step;
                progress?.Invoke(step);
            },
            _events.Add,
            cancellationToken);
        return (loss, last);
    }

    private static void StopAfter(long count, PretrainingProgress step, CancellationTokenSource stop)
    {
        if (step.Step == count)
            stop.Cancel();
    }

    // 600 random ids, then a held-out end of other ids: three sequences and the last token's successor.
    private TokenFile Corpus()
    {
        var path = _folder.File("corpus.tokens");
        var random = new SeededRandom(5);
        var heldOut = (Options.ValidationSequences * Options.SequenceTokens) + 1;
        WriteIds(path, Enumerable.Range(0, 600 + heldOut).Select(i => i < 600 ? random.Next(FirstHeldOut) : FirstHeldOut + random.Next(Vocabulary - FirstHeldOut)));
        return TokenFile.Read(path);
    }

    private static void WriteIds(string path, IEnumerable<int> ids)
    {
        ushort[] values = [.. ids.Select(id => (ushort)id)];
        File.WriteAllBytes(path, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    private static float[][] Embeddings(CausalLanguageModel model)
    {
        var all = model.named_parameters().Single(p => p.name == "model.embed_tokens.weight").parameter.data<float>().ToArray();
        return [.. all.Chunk(Shape.HiddenSize)];
    }

    private static void AssertSameWeights(CausalLanguageModel expected, CausalLanguageModel actual)
    {
        var weights = actual.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in expected.named_parameters())
            Assert.True(parameter.bytes.SequenceEqual(weights[name].bytes), $"{name} differs");
    }
}
