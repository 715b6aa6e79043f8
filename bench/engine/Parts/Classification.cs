using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.Engine.Kernels;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;

namespace Platform.EngineBench.Parts;

/// <summary>Requests of sixteen tasks mixed: our ways of answering them, and llama.cpp with its prefix cache and parallel slots.</summary>
internal static class Classification
{
    public const string Name = "classification";

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
        var (count, few) = engines.Shape.Name == "L" ? (16, 2) : (64, 16);
        IReadOnlyList<Request> requests = [];
        var exact = engines.Packed[0];
        exact.Begin(threads);
        using var single = new PackedRun(exact, PackedEngine.BlocksFor(Workload.InstructionTokens + Workload.InputTokens + 8));
        using var served = Served.OnCpu(engines.Torch.Model, workload, WeightType.BFloat16, threads);
        using var small = Served.OnCpu(engines.Torch.Model, workload, WeightType.Int8, threads);
        using var torch = Served.OnTorch(engines.Torch.Model, workload);
        var decoder = new BatchDecoder(engines.Torch.Model);
        var contenders = new List<Contender>
        {
            Of("libtorch, naive", Role.Reference, few, () => Each(r => decoder.Generate([new TextRequest(r.Ids, 4, [-1], null)]))),
            Of(NaiveBFloat16, Role.Reference, few, () => Each(r => Decode(single, r.Ids))),
            Of(torch.Name, Role.Reference, count, () => torch.Classify(requests)),
            Of(served.Name, Role.Ours, count, () => served.Classify(requests)),
            Of(small.Name, Role.Ours, count, () => small.Classify(requests)),
        };
        if (session.Settings.IsShort(engines.Shape.Name))
            contenders.RemoveAll(c => c.Name == torch.Name);
        var peers = engines.Llama.Select(engine => (engine.Name, Classifier: Best(session, engines.Shape.Name, engine, workload, threads))).ToList();
        try
        {
            var some = workload.Requests(Workload.Tasks);
            var labels = served.Classify(some).Select((answer, r) => Served.GreedyLabel(answer, some[r].Input.Task, workload.Labels(some[r].Task))).ToList();
            small.Classify(some); // its instructions are kept from now on, too
            foreach (var (name, classifier) in peers)
            {
                classifier.Context.Begin(threads);
                var theirs = classifier.Classify(some);
                classifier.Context.End();
                session.Tell($"check {engines.Shape.Name}: {name} chooses the same label as {served.Name} for {labels.Zip(theirs).Count(p => p.First == p.Second)} of {labels.Count} requests");
                contenders.Add(Of(name, Role.Peer, count, () => Batches(requests, classifier.Classify)) with
                {
                    Run = () =>
                    {
                        classifier.Context.Begin(threads);
                        var turn = Turn.Once(count, () => Batches(requests, classifier.Classify));
                        classifier.Context.End();
                        return turn;
                    },
                });
            }

            session.Race(Name, engines.Shape.Name, "16 tasks", threads, "requests", contenders, [new(served.Name, "libtorch, naive"), new(served.Name, NaiveBFloat16), new(served.Name, "llama.cpp BF16")]);
        }
        finally
        {
            peers.ForEach(p => p.Classifier.Dispose());
        }

        Contender Of(string name, Role role, int units, Action action) => new(name, role, () => Turn.Once(units, action))
        {
            Prepare = () =>
            {
                engines.Torch.Begin(threads);
                requests = workload.Requests(units);
            },
        };

        void Each(Action<Request> action)
        {
            foreach (var request in requests)
                action(request);
        }
    }

    /// <summary>Both of llama.cpp's key/value memories; the faster one takes part.</summary>
    private static LlamaClassifier Best(Session session, string size, LlamaEngine engine, Workload workload, int threads)
    {
        var requests = workload.Requests(Workload.Tasks);
        // A memory for each slot was the faster one wherever both were tried.
        if (session.Settings.IsShort(size))
            return new LlamaClassifier(engine, workload, unified: false, threads);
        var found = new[] { false, true }.Select(unified => (Unified: unified, Classifier: new LlamaClassifier(engine, workload, unified, threads))).ToList();
        var seconds = found.Select(f =>
        {
            f.Classifier.Context.Begin(threads);
            f.Classifier.Classify(requests);
            var turn = Turn.Once(1, () => f.Classifier.Classify(requests));
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
