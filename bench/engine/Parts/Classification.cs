using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;

namespace Platform.EngineBench.Parts;

/// <summary>Requests of sixteen tasks mixed: our ways of answering them, and llama.cpp with its prefix cache and parallel slots.</summary>
internal static class Classification
{
    public const string Name = "classification";

    private const string Tree = "ours bf16, passes";
    private const string Torch = "libtorch, label tree";
    private const string NaiveBFloat16 = "ours bf16, naive";

    public static void Run(Session session, EngineSet engines)
    {
        var size = engines.Shape.Name;
        foreach (var threads in session.Settings.Threads)
        {
            if (!session.Settings.Skips(size, threads) && session.Needs(Name, size, "16 tasks", threads))
                Race(session, engines, threads);
        }
    }

    private static void Race(Session session, EngineSet engines, int threads)
    {
        var workload = engines.Workload;
        var requests = workload.Requests(engines.Shape.Name == "L" ? 16 : 64);
        var naive = requests.Take(engines.Shape.Name == "L" ? 2 : 16).ToList();
        var (exact, small) = (engines.Packed[0], engines.Packed[1]);
        exact.Begin(threads);
        small.Begin(threads);
        engines.Torch.Begin(threads);
        using var tree = new TreeClassifier(exact, workload);
        using var smallTree = new TreeClassifier(small, workload);
        using var single = new PackedRun(exact, PackedEngine.BlocksFor(Workload.InstructionTokens + Workload.InputTokens + 8));
        var predictor = new Predictor(engines.Torch.Model, workload.Prompts);
        var decoder = new GreedyDecoder(engines.Torch.Model, -1);
        var contenders = new List<Contender>
        {
            new("libtorch, naive", Role.Reference, () => Turn.Once(naive.Count, () => naive.ForEach(r => decoder.Generate([r.Ids], [4], default)))) { Prepare = () => engines.Torch.Begin(threads) },
            new(NaiveBFloat16, Role.Reference, () => Turn.Once(naive.Count, () => naive.ForEach(r => Decode(single, r.Ids)))),
            new(Torch, Role.Reference, () => Turn.Once(requests.Count, () => predictor.Predict([.. requests.Select(r => r.Input)]))) { Prepare = () => engines.Torch.Begin(threads) },
            new(Tree, Role.Ours, () => Turn.Once(requests.Count, () => Batches(requests, tree.Classify))),
            new("ours int8, passes", Role.Ours, () => Turn.Once(requests.Count, () => Batches(requests, smallTree.Classify))),
        };
        if (session.Settings.IsShort(engines.Shape.Name))
            contenders.RemoveAll(c => c.Name == Torch);
        var peers = engines.Llama.Select(engine => (engine.Name, Classifier: Best(session, engines.Shape.Name, engine, workload, requests, threads))).ToList();
        try
        {
            var labels = tree.Classify([.. requests.Take(Workload.Tasks)]);
            foreach (var (name, classifier) in peers)
            {
                classifier.Context.Begin(threads);
                var theirs = classifier.Classify([.. requests.Take(Workload.Tasks)]);
                classifier.Context.End();
                session.Tell($"check {engines.Shape.Name}: {name} chooses the same label as {Tree} for {labels.Zip(theirs).Count(p => p.First == p.Second)} of {labels.Length} requests");
                contenders.Add(new Contender(name, Role.Peer, () =>
                {
                    classifier.Context.Begin(threads);
                    var turn = Turn.Once(requests.Count, () => Batches(requests, classifier.Classify));
                    classifier.Context.End();
                    return turn;
                }));
            }

            session.Race(Name, engines.Shape.Name, "16 tasks", threads, "requests", contenders, [new(Tree, "libtorch, naive"), new(Tree, NaiveBFloat16), new(Tree, "llama.cpp BF16")]);
        }
        finally
        {
            peers.ForEach(p => p.Classifier.Dispose());
        }
    }

    /// <summary>Both of llama.cpp's key/value memories; the faster one takes part.</summary>
    private static LlamaClassifier Best(Session session, string size, LlamaEngine engine, Workload workload, IReadOnlyList<Request> requests, int threads)
    {
        // A memory for each slot was the faster one wherever both were tried.
        if (session.Settings.IsShort(size))
            return new LlamaClassifier(engine, workload, unified: false, threads);
        var found = new[] { false, true }.Select(unified => (Unified: unified, Classifier: new LlamaClassifier(engine, workload, unified, threads))).ToList();
        var seconds = found.Select(f =>
        {
            f.Classifier.Context.Begin(threads);
            Batches(requests.Take(Workload.Tasks).ToList(), f.Classifier.Classify);
            var turn = Turn.Once(1, () => Batches(requests.Take(Workload.Tasks).ToList(), f.Classifier.Classify));
            f.Classifier.Context.End();
            return turn.CpuSeconds;
        }).ToList();
        var best = seconds[0] <= seconds[1] ? 0 : 1;
        session.Tell($"{engine.Name}: {(found[best].Unified ? "one memory for all slots" : "a memory for each slot")} is faster ({seconds[best]:F3} s of processor time against {seconds[1 - best]:F3})");
        found[1 - best].Classifier.Dispose();
        return found[best].Classifier;
    }

    private static void Batches(IReadOnlyList<Request> requests, Func<IReadOnlyList<Request>, int[]> classify)
    {
        foreach (var batch in requests.Chunk(Workload.Tasks))
            classify(batch);
    }

    /// <summary>The prompt from nothing, then the label's three tokens and its end one by one.</summary>
    private static void Decode(PackedRun run, int[] ids)
    {
        int[] blocks = [.. Enumerable.Range(0, PackedEngine.BlocksFor(ids.Length + 8))];
        var token = Greedy.Choose(run.Next([new SequenceTokens(ids, 0, blocks) { Wanted = [ids.Length - 1] }])[0]);
        for (var step = 0; step < 3; step++)
            token = Greedy.Choose(run.Next([new SequenceTokens(new[] { token }, ids.Length + step, blocks) { Wanted = [0] }])[0]);
    }
}
