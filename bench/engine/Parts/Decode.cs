using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;

namespace Platform.EngineBench.Parts;

/// <summary>How fast a batch of sequences grows, one greedy token at a time, behind a prompt of 128 tokens each.</summary>
internal static class Decode
{
    public const string Name = "decode";

    private const int PromptTokens = 128;

    private static readonly int[] Batches = [1, 8, 32];

    public static void Run(Session session, EngineSet engines)
    {
        var size = engines.Shape.Name;
        foreach (var threads in session.Settings.Threads)
        {
            foreach (var batch in Batches)
            {
                if (!session.Settings.Skips(size, threads) && session.Needs(Name, size, $"batch {batch}", threads))
                    Race(session, engines, batch, threads);
            }
        }
    }

    private static void Race(Session session, EngineSet engines, int batch, int threads)
    {
        var steps = session.Settings.DecodeSteps(engines.Shape.Name);
        var prompt = EngineSet.Prompt(PromptTokens);
        var decodings = new List<IDecoding>();
        var contenders = new List<Contender>();
        try
        {
            foreach (var (engine, role) in engines.All)
            {
                engine.Begin(threads);
                var decoding = engine.Decode(prompt, batch, steps);
                engine.End();
                decodings.Add(decoding);
                contenders.Add(new Contender(engine.Name, role, () =>
                {
                    engine.Begin(threads);
                    var turn = Turn.Once(batch * steps, () =>
                    {
                        for (var step = 0; step < steps; step++)
                            decoding.Step();
                    });
                    engine.End();
                    return turn;
                })
                {
                    Prepare = decoding.Rewind,
                });
            }

            session.Race(Name, engines.Shape.Name, $"batch {batch}", threads, "tokens", contenders, EngineSet.Pairs);
        }
        finally
        {
            decodings.ForEach(d => d.Dispose());
        }
    }
}
