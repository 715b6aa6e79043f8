using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Exports;
using Platform.Engine.Tests.Models;
using Platform.Engine.Tests.Tokenization;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Exports;

/// <summary>
/// Exported files run in llama.cpp itself. In float32 both compute the same; with smaller types llama.cpp also rounds the activations of every
/// matrix product, which random weights amplify, so that there the bound is on the whole distribution.
/// </summary>
public sealed class LlamaCppTests(ITestOutputHelper output)
{
    private static readonly string[] Texts =
    [
        "Hello world", " leading  and   double blanks ", "It's 2026, don't you'LL see 1234567?", "naïve café — 東京の朝 🙂🙃\n\n\tindented\r\nline", "a_b(c){d}[e];//f #1 $2 100%",
        "ΑΒΓ абв עברית العربية हिन्दी ไทย 한국어", "tabs\t\tand\n\n\nlines  \n  end", "x",
    ];

    [Fact]
    public void Gguf_OfReferenceModels_GivesTheirLogProbabilities() => AssertAgrees([.. ((string[])["qwen2-tiny", "qwen3-tiny", "llama-tiny"]).Select(name => new Subject(
        name, SharedFolder.Require($"fixtures/reference-models/{name}"), null, ReferenceCases(SharedFolder.Require($"fixtures/reference-models/{name}/reference.json")),
        [(GgufType.F32, 1e-8), (GgufType.F16, 1e-3), (GgufType.BF16, 0.02), (GgufType.Q8, 0.3)]))]);

    [Fact]
    public void Gguf_OfTheEmbeddedBaseModel_GivesItsLogProbabilitiesAndTokens()
    {
        var folder = RepositoryFolder("models/base");
        var tokenizer = Tokenizer.Load(folder);
        var text = "The committee met in the old town hall, where the minutes of the last meeting were read and approved by everybody.";

        AssertAgrees(new Subject("base", folder, null, [tokenizer.Encode("The"), tokenizer.Encode(text), tokenizer.Encode(string.Concat(Enumerable.Repeat(text, 10)))],
            [(GgufType.F32, 1e-8), (GgufType.F16, 1e-4), (GgufType.BF16, 1e-3), (GgufType.Q8, 1e-3)]));
    }

    /// <summary>Merged adapters, linear and Llama 3's scaling, biases, heads that are larger and smaller than hidden size / heads.</summary>
    [Fact]
    public void Gguf_OfUnusualShapes_GivesTheirLogProbabilities()
    {
        var linear = new PublishedScaling(4, null, null, 0);
        var llama3 = new PublishedScaling(8, 1, 4, 16);
        (string Name, PublishedShape Shape, bool Adapted)[] models =
        [
            ("mistral, adapter", ExportFolder.Shape("mistral"), true),
            ("llama, adapter, tied", ExportFolder.Shape("llama", tied: true), true),
            ("qwen2, adapter", ExportFolder.Shape("qwen2"), true),
            ("qwen3, adapter, tied", ExportFolder.Shape("qwen3", tied: true), true),
            ("llama, large heads", ExportFolder.Shape("llama", headSize: 32), false),
            ("llama, biases", ExportFolder.Shape("llama", bias: true), false),
            ("llama, llama3, biases, small heads", ExportFolder.Shape("llama", llama3, bias: true, headSize: 8), false),
            ("llama, linear", ExportFolder.Shape("llama", linear), false),
            ("mistral, linear, large heads", ExportFolder.Shape("mistral", linear, headSize: 32), false),
            ("mistral, llama3", ExportFolder.Shape("mistral", llama3), false),
            ("qwen2, linear", ExportFolder.Shape("qwen2", linear), false),
            ("qwen3, linear, large heads", ExportFolder.Shape("qwen3", linear, headSize: 32), false),
            ("qwen3, small heads", ExportFolder.Shape("qwen3", headSize: 8), false),
        ];
        using var folder = new TemporaryFolder();
        var subjects = models.Select((model, i) =>
        {
            var path = folder.File($"model-{i}");
            ExportFolder.WriteModel(path, model.Shape);
            var adapter = model.Adapted ? folder.File($"adapter-{i}") : null;
            if (adapter is not null)
                ExportFolder.WriteAdapter(adapter, path);
            return new Subject(model.Name, path, adapter, [[1], [.. Enumerable.Range(1, 40)]], [(GgufType.F32, 1e-8)]);
        });

        AssertAgrees([.. subjects]);
    }

    /// <summary>An adapter beside the shared weights, as a server of many tasks loads it.</summary>
    [Fact]
    public void Gguf_OfAnAdapterAlone_ChangesTheModelAsItDoesHere()
    {
        using var folder = new TemporaryFolder();
        int[][] cases = [[1], [.. Enumerable.Range(1, 40)]];
        var models = ((string[])["mistral", "llama", "qwen2", "qwen3"]).Select(family =>
        {
            var (model, adapter, file) = (folder.File(family), folder.File($"{family}-adapter"), folder.File($"{family}.gguf"));
            ExportFolder.WriteModel(model, ExportFolder.Shape(family));
            ExportFolder.WriteAdapter(adapter, model);
            GgufExport.Write(model, null, GgufType.F32, file);
            var report = GgufExport.WriteAdapter(model, adapter, folder.File($"{family}-adapter.gguf"));
            return (Family: family, Subject: new Subject(family, model, adapter, cases, []), Run: new LlamaCppModel(file, cases, [], report.Path));
        }).ToList();

        var results = NodeLlamaCpp.Evaluate([.. models.Select(model => model.Run)]);
        var without = NodeLlamaCpp.Evaluate([.. models.Select(model => model.Run with { Adapter = null })]);

        foreach (var ((model, result), plain) in models.Zip(results).Zip(without))
        {
            var found = result.Logits.Select(LogProbabilities).ToList();
            var difference = Expected(model.Subject).Zip(found).Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Abs(a - b)).Max());
            Assert.True(difference < 2e-4, $"{model.Family}: a log-probability differs by {difference}");
            Assert.NotEqual(plain.Logits[1], result.Logits[1]);
        }
    }

    [Fact]
    public void Gguf_OfPublishedTokenizers_CutsTextsAlike()
    {
        (string Package, string Family)[] published = [("qwen3", "qwen3"), ("llama3", "llama"), ("llama2", "llama")];
        using var folder = new TemporaryFolder();
        foreach (var (package, family) in published)
        {
            var tokenizer = PublishedTokenizers.Load(package);
            var shape = new PublishedShape(family, tokenizer.VocabularySize, 2, 2, 1, 1, 1, 2, 10_000, 1e-6, true, false, false, null, false);
            PublishedFolder.Write(folder.File(package), shape.Config(), shape.Tensors(), shape.Weights(1), "F16", 1);
            tokenizer.Save(folder.File(package));
            GgufExport.Write(folder.File(package), null, null, folder.File($"{package}.gguf"));
        }

        var results = NodeLlamaCpp.Evaluate([.. published.Select(p => new LlamaCppModel(folder.File($"{p.Package}.gguf"), [], Texts))]);

        foreach (var ((package, _), result) in published.Zip(results))
            AssertSameTokens(package, PublishedTokenizers.Load(package), result.Tokens);
    }

    private static void AssertSameTokens(string name, Tokenizer tokenizer, int[][] found)
    {
        foreach (var (text, tokens) in Texts.Zip(found))
            Assert.True(tokenizer.Encode(text).SequenceEqual(tokens), $"{name}, \"{text}\": llama.cpp [{string.Join(' ', tokens)}], engine [{string.Join(' ', tokenizer.Encode(text))}]");
    }

    private static int[][] ReferenceCases(string file) =>
        [.. JsonNode.Parse(File.ReadAllText(file))!["cases"]!.AsArray().Select(c => c!["ids"]!.AsArray().Select(id => id!.GetValue<int>()).ToArray())];

    private static string RepositoryFolder(string relative)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            folder = folder.Parent!;
        return Path.Combine(folder.FullName, relative);
    }

    /// <summary>All files in one process of llama.cpp.</summary>
    private void AssertAgrees(params Subject[] subjects)
    {
        using var folder = new TemporaryFolder();
        var exported = subjects.SelectMany((subject, i) => subject.Types.Select(type => (subject, type.Type, type.MaxDivergence, File: folder.File($"{i}-{type.Type}.gguf")))).ToList();
        foreach (var (subject, type, _, file) in exported)
            GgufExport.Write(subject.Model, subject.Adapter, type, file);
        var results = NodeLlamaCpp.Evaluate([.. exported.Select(e => new LlamaCppModel(e.File, e.subject.Cases, Texts))]);

        var expected = subjects.ToDictionary(subject => subject.Name, Expected);
        foreach (var ((subject, type, maxDivergence, _), result) in exported.Zip(results))
        {
            var pairs = expected[subject.Name].Zip(result.Logits.Select(LogProbabilities)).ToList();
            Assert.All(pairs, pair => Assert.Equal(pair.First.Length, pair.Second.Length));
            var difference = pairs.Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Abs(a - b)).Max());
            var divergence = pairs.Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Exp(a) * (a - b)).Sum());
            output.WriteLine($"{subject.Name}, {type}: largest difference of a log-probability {difference:E1}, largest divergence {divergence:E1}");
            Assert.True(divergence < maxDivergence, $"{subject.Name}, {type}: divergence {divergence}");
            Assert.True(type != GgufType.F32 || difference < 2e-4, $"{subject.Name}, {type}: a log-probability differs by {difference}");
            AssertSameTokens(subject.Name, Tokenizer.Load(subject.Model), result.Tokens);
        }
    }

    private static double[][] Expected(Subject subject)
    {
        using var loaded = HuggingFaceFolder.LoadModel(subject.Model);
        using var used = subject.Adapter is null ? null : PeftFolder.Load(subject.Adapter, loaded);
        using var scope = used?.Use(loaded);
        return [.. subject.Cases.Select(ids => LogProbabilities(loaded.LastLogits(ids)))];
    }

    private static double[] LogProbabilities(float[] logits)
    {
        var largest = logits.Max();
        var total = largest + Math.Log(logits.Sum(logit => Math.Exp(logit - largest)));
        return [.. logits.Select(logit => logit - total)];
    }

    /// <summary>A model to export, and how far each type's distribution may be from the engine's (Kullback-Leibler, nats).</summary>
    private sealed record Subject(string Name, string Model, string? Adapter, int[][] Cases, (GgufType Type, double MaxDivergence)[] Types);
}
