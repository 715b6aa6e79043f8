using CsCheck;
using Platform.Engine.Checkpoints;
using Platform.Engine.Inference;
using Platform.Engine.Kernels;
using Platform.Engine.Models;
using Platform.Engine.Tests.Models;
using TorchSharp;

namespace Platform.Engine.Tests.Inference;

public sealed class ForwardPassTests
{
    public static TheoryData<string> Families => ["qwen2", "qwen3", "llama", "mistral"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Run_RandomShapes_AgreesWithTheSlowReference(string family) =>
        Gen.Select(PublishedShape.Of(family), Gen.Int[1, 40], PublishedShape.AnyOf("F32", "BF16"), Gen.Int[1, 2], Gen.Int)
            .Sample((shape, length, type, threads, seed) =>
            {
                using var folder = new TemporaryFolder();
                var weights = shape.Weights(seed);
                PublishedFolder.Write(folder.Path, shape.Config(), shape.Tensors(), weights, type, 1);
                int[] ids = Ids(new Random(seed), length, shape.Vocabulary);
                var expected = new SlowDecoder(shape, weights).Logits(ids);
                using var model = HuggingFaceFolder.LoadModel(folder.Path);
                using var pass = new InferencePass(model, threads: threads);

                var logits = pass.Logits(ids);

                for (var t = 0; t < length; t++)
                    Assert.All(expected[t].Zip(logits[t]), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * (1 + Math.Abs(pair.First))));
                if (type == "BF16")
                    Assert.Equal(WeightType.BFloat16, pass.Model.Head.Type);
            }, iter: 25, threads: 1);

    [Fact]
    public void Run_HeadsOfTheUsualSizes_AgreesWithTheTrainingModel()
    {
        foreach (var headSize in new[] { 32, 64, 80, 128 })
        {
            using var model = new CausalLanguageModel(TinyModel.Config with { HeadSize = headSize, KeyValueHeads = 1 });
            model.Initialize(headSize);
            using var pass = new InferencePass(model);
            var ids = Ids(new Random(5), 70, 320);

            var logits = pass.Logits(ids);

            Assert.All(model.LastLogits(ids).Zip(logits[^1]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Fact]
    public void Run_CutIntoAnyChunksAmongAnyOthers_GivesTheSameBits()
    {
        using var model = TinyModel.Create();
        using var pass = new InferencePass(model, threads: 2, blocks: 400);
        using var alone = new InferencePass(model);
        Gen.Select(Gen.Int[1, 60].Array[1, 6], Gen.Int).Sample((lengths, seed) =>
        {
            var random = new Random(seed);
            var sequences = lengths.Select(length => Ids(random, length, 320)).ToArray();
            var expected = sequences.Select(ids => alone.Logits(ids)).ToArray();
            var blocks = sequences.Select(ids => pass.Blocks(ids.Length)).ToArray();
            var done = new int[sequences.Length];
            var got = sequences.Select(_ => new List<float[]>()).ToArray();
            while (Enumerable.Range(0, sequences.Length).Any(i => done[i] < sequences[i].Length))
            {
                // In each pass some of the sequences go on by some tokens, in any order.
                var going = Enumerable.Range(0, sequences.Length).Where(i => done[i] < sequences[i].Length && random.Next(3) > 0).OrderBy(_ => random.Next()).ToArray();
                if (going.Length == 0)
                    continue;
                var counts = going.Select(i => random.Next(1, sequences[i].Length - done[i] + 1)).ToArray();
                var logits = pass.Run([.. going.Zip(counts, (i, count) => InferencePass.Chain(sequences[i][done[i]..(done[i] + count)], done[i], blocks[i]))]);
                var at = 0;
                foreach (var (i, count) in going.Zip(counts))
                {
                    got[i].AddRange(logits[at..(at + count)]);
                    at += count;
                    done[i] += count;
                }
            }

            for (var i = 0; i < sequences.Length; i++)
                Assert.Equal(expected[i].SelectMany(row => row), got[i].SelectMany(row => row));
        }, iter: 40, threads: 1);
    }

    [Fact]
    public void Run_Tree_GivesTheBitsOfEveryPathOnItsOwn() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 30], Gen.Int).Sample((promptLength, nodes, seed) =>
        {
            using var model = TinyModel.Create();
            using var pass = new InferencePass(model, threads: 2);
            var random = new Random(seed);
            var prompt = Ids(random, promptLength, 320);
            var tree = Ids(random, nodes, 320);
            var parents = Enumerable.Range(0, nodes).Select(node => random.Next(-1, node)).ToArray();
            while (Enumerable.Range(0, nodes).Any(node => Path(parents, node).Count > 40))
                parents = [.. parents.Select((_, node) => random.Next(-1, node))];

            var logits = pass.Run(new SequenceTokens((int[])[.. prompt, .. tree], 0, pass.Blocks(promptLength + nodes))
            {
                TreeParents = parents,
                Wanted = [.. Enumerable.Range(0, promptLength + nodes)],
            });

            Assert.Equal(pass.Logits(prompt)[^1], logits[promptLength - 1]);
            for (var node = 0; node < nodes; node++)
                Assert.Equal(pass.Logits([.. prompt, .. Path(parents, node).Select(n => tree[n])])[^1], logits[promptLength + node]);
        }, iter: 15, threads: 1);

    [Fact]
    public void Run_SequencesOfDifferentAdapters_AnswersAsEachAlone()
    {
        using var model = TinyModel.Create();
        using var first = RandomAdapter(model, rank: 4, seed: 1);
        using var second = RandomAdapter(model, rank: 19, seed: 2);
        using var pass = new InferencePass(model, threads: 2);
        using var packedFirst = new InferenceAdapter(first);
        using var packedSecond = new InferenceAdapter(second);
        var random = new Random(8);
        InferenceAdapter?[] adapters = [packedFirst, null, packedSecond, packedSecond, null, packedFirst];
        var sequences = adapters.Select(_ => Ids(random, random.Next(1, 30), 320)).ToArray();

        var together = pass.Run([.. sequences.Zip(adapters, (ids, adapter) => InferencePass.Chain(ids, 0, pass.Blocks(ids.Length), adapter))]);

        var at = 0;
        foreach (var (ids, adapter) in sequences.Zip(adapters))
        {
            Assert.Equal(pass.Logits(ids, adapter).SelectMany(row => row), together[at..(at + ids.Length)].SelectMany(row => row));
            using var used = adapter == packedFirst ? first.Use(model) : adapter == packedSecond ? second.Use(model) : null;
            Assert.All(model.LastLogits(ids).Zip(together[at + ids.Length - 1]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
            at += ids.Length;
        }
    }

    [Fact]
    public void Run_MoreTokensThanBlocksHold_IsRefused()
    {
        using var model = TinyModel.Create();
        using var pass = new InferencePass(model);

        var refused = Assert.Throws<ArgumentException>(() => pass.Run(InferencePass.Chain(new int[17], 0, [0])));

        Assert.Contains("room for 17 tokens", refused.Message);
    }

    [Fact]
    public void Run_BehindTheContext_IsRefused()
    {
        using var model = TinyModel.Create();
        using var pass = new InferencePass(model);

        Assert.Contains("context of 96", Assert.Throws<ArgumentException>(() => pass.Logits(new int[97])).Message);
    }

    [Fact]
    public void Int8_TinyModel_StaysNearTheExactWeights()
    {
        using var model = TinyModel.Create();
        using var exact = new InferencePass(model, WeightType.Float32);
        using var rounded = new InferencePass(model, WeightType.Int8);
        var ids = Ids(new Random(4), 40, 320);

        var difference = exact.Logits(ids)[^1].Zip(rounded.Logits(ids)[^1], (a, b) => Math.Abs(a - b)).Max();

        Assert.InRange(difference, 1e-6, 0.02);
        Assert.True(rounded.Model.SizeBytes < 0.4 * exact.Model.SizeBytes);
    }

    internal static LoraAdapter RandomAdapter(CausalLanguageModel model, int rank, long seed)
    {
        var adapter = new LoraAdapter(model, rank, 2.0 * rank, seed);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var generator = new torch.Generator((ulong)seed);
        foreach (var (_, parameter) in adapter.NamedParameters())
            parameter.copy_(torch.randn(parameter.shape, generator: generator).mul(0.1));
        return adapter;
    }

    private static int[] Ids(Random random, int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];

    private static List<int> Path(int[] parents, int node) => node < 0 ? [] : [.. Path(parents, parents[node]), node];
}
