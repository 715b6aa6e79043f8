using Platform.Engine.Kernels;
using Platform.Engine.Models;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;

namespace Platform.EngineBench.Parts;

/// <summary>What our inference costs against batch, context and vocabulary, and one worker with two threads against two with one.</summary>
internal static class Curves
{
    public const string Name = "curves";

    private static readonly int[] Batches = [1, 2, 4, 8, 16, 32];
    private static readonly int[] Contexts = [64, 256, 1_024];
    private static readonly int[] Vocabularies = [8_192, 32_768, 131_072];

    public static void Run(Session session, EngineSet engines, string work)
    {
        var size = engines.Shape.Name;
        var threads = session.Settings.Threads[0];
        var engine = new Lazy<PackedEngine>(() => engines.Packed[0]);
        foreach (var batch in Batches)
            Decode(session, engine, size, $"decode, batch {batch}, context 128", batch, 128, threads);
        foreach (var context in Contexts)
            Decode(session, engine, size, $"decode, batch 8, context {context}", 8, context, threads);
        foreach (var context in Contexts)
            Prefill(session, engine, size, context, threads);
        foreach (var vocabulary in Vocabularies)
            Vocabulary(session, engines, vocabulary, threads);
        Workers(session, size, work);
    }

    private static void Decode(Session session, Lazy<PackedEngine> engine, string size, string title, int batch, int context, int threads)
    {
        if (!session.Needs(Name, size, title, threads))
            return;
        var steps = session.Settings.DecodeSteps(size);
        engine.Value.Begin(threads);
        using var decoding = engine.Value.Decode(EngineSet.Prompt(context), batch, steps);
        session.Race(Name, size, title, threads, "tokens", [new Contender("ours bf16", Role.Ours, () => Turn.Once(batch * steps, () =>
        {
            for (var step = 0; step < steps; step++)
                decoding.Step();
        })) { Prepare = decoding.Rewind }]);
    }

    private static void Prefill(Session session, Lazy<PackedEngine> engine, string size, int context, int threads)
    {
        var title = $"prefill, {context} tokens";
        if (!session.Needs(Name, size, title, threads))
            return;
        engine.Value.Begin(threads);
        var prompt = EngineSet.Prompt(context);
        session.Race(Name, size, title, threads, "tokens", [new Contender("ours bf16", Role.Ours, () => Turn.Measure(context, () => engine.Value.Prefill(prompt)))]);
    }

    /// <summary>Decoding computes every logit; classification those of the labels only.</summary>
    private static void Vocabulary(Session session, EngineSet engines, int vocabulary, int threads)
    {
        var (size, decode, classify) = (engines.Shape.Name, $"decode, batch 8, vocabulary {vocabulary}", $"classification, vocabulary {vocabulary}");
        if (!session.Needs(Name, size, decode, threads) && !session.Needs(Name, size, classify, threads))
            return;
        using var model = new CausalLanguageModel(engines.Shape.Config with { VocabularySize = vocabulary });
        model.Initialize(seed: 1);
        using var engine = new PackedEngine(model, WeightType.BFloat16);
        Decode(session, new Lazy<PackedEngine>(engine), size, decode, 8, 128, threads);
        using var served = Served.OnCpu(model, engines.Workload, WeightType.BFloat16, threads);
        IReadOnlyList<Request> requests = [];
        session.Race(Name, size, classify, threads, "requests", [new Contender(served.Name, Role.Ours, () => Turn.Once(requests.Count, () => served.Classify(requests)))
        {
            Prepare = () => requests = engines.Workload.Requests(4 * Workload.Tasks),
        }]);
    }

    /// <summary>Processes, as a server that has several workers would start them.</summary>
    private static void Workers(Session session, string size, string work)
    {
        const string Title = "classification, workers";
        if (!session.Needs(Name, size, Title, 2))
            return;
        var seconds = session.Settings.Quick ? "1" : "3";
        using var one = Worker(size, 2, work);
        using var first = Worker(size, 1, work);
        using var second = Worker(size, 1, work);
        session.Race(Name, size, Title, 2, "requests",
        [
            new Contender("one worker, two threads", Role.Reference, () => one.Ask(seconds)),
            new Contender("two workers, one thread each", Role.Ours, () =>
            {
                first.Send(seconds);
                second.Send(seconds);
                var (a, b) = (first.Receive(), second.Receive());
                return new Turn(a.Units + b.Units, Math.Max(a.Seconds, b.Seconds), a.CpuSeconds + b.CpuSeconds);
            }),
        ]);
    }

    private static JsonProcess Worker(string size, int threads, string work) =>
        new(Environment.ProcessPath!, [.. (Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? new[] { typeof(Curves).Assembly.Location } : []), "worker", size, $"{threads}", "--work", work]);
}
