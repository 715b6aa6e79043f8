using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;

namespace Platform.EngineBench.Parts;

/// <summary>How fast one prompt is processed, logits behind its last token.</summary>
internal static class Prefill
{
    public const string Name = "prefill";

    private static readonly int[] Lengths = [128, 512];

    /// <summary>Before anything is timed: do all compute the same? Says how far the logits are apart, as a share of their spread.</summary>
    public static void Check(Session session, EngineSet engines)
    {
        var prompt = EngineSet.Prompt(24);
        float[]? ours = null;
        foreach (var (engine, _) in engines.All)
        {
            engine.Begin(session.Settings.Threads[0]);
            var logits = engine.Prefill(prompt);
            engine.End();
            if (ours is null)
            {
                ours = logits;
                continue;
            }

            var spread = ours.Max() - ours.Min();
            var difference = ours.Zip(logits, (a, b) => Math.Abs(a - b)).Max() / spread;
            session.Tell($"check {engines.Shape.Name}: {engine.Name}'s logits differ from {engines.All[0].Engine.Name}'s by {difference:P2} of their range at most");
            if (difference > 0.1)
                throw new InvalidOperationException($"{engine.Name} does not compute the same model: its logits are off by {difference:P1} of their range.");
        }
    }

    public static void Run(Session session, EngineSet engines)
    {
        var size = engines.Shape.Name;
        foreach (var threads in session.Settings.Threads)
        {
            foreach (var length in Lengths)
            {
                var title = $"{length} tokens";
                if (session.Settings.Skips(size, threads) || (session.Settings.IsShort(size) && length > 128) || !session.Needs(Name, size, title, threads))
                    continue;
                var prompt = EngineSet.Prompt(length);
                session.Race(Name, size, title, threads, "tokens", [.. engines.All.Select(e => new Contender(e.Engine.Name, e.Role, () =>
                {
                    e.Engine.Begin(threads);
                    var turn = Turn.Measure(length, () => e.Engine.Prefill(prompt));
                    e.Engine.End();
                    return turn;
                }))], EngineSet.Pairs);
            }
        }
    }
}
