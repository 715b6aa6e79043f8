using Platform.Engine.Training;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;
using static TorchSharp.torch;

namespace Platform.EngineBench.Parts;

/// <summary>Fine-tuning on rows of 164 tokens with the loss on the four of the answer, ours against PyTorch.</summary>
internal static class Training
{
    public const string Name = "training";

    private const int RowTokens = 164;
    private const int AnswerTokens = 4;
    private const int Rank = 16;

    public static void Run(Session session, RandomModel model, Workload workload)
    {
        var size = model.Shape.Name;
        foreach (var threads in session.Settings.Quick ? session.Settings.Threads.Take(1) : session.Settings.Threads)
        {
            foreach (var precision in new[] { TrainingPrecision.Full, TrainingPrecision.BFloat16 })
            {
                if (precision == TrainingPrecision.BFloat16 && !Machine.HasBFloat16)
                {
                    session.Tell($"{Name} {size}, bf16: not measured, this processor has no instructions for it (see the matrix products of {Ceilings.Name})");
                    continue;
                }

                // Weights, gradients and two moments of both sides: too much for a quick run.
                if (!session.Settings.IsShort(size))
                    Race(session, model, workload, 0, precision, threads);
                Race(session, model, workload, Rank, precision, threads);
            }
        }
    }

    private static void Race(Session session, RandomModel model, Workload workload, int rank, TrainingPrecision precision, int threads)
    {
        var size = model.Shape.Name;
        var (type, python) = precision == TrainingPrecision.BFloat16 ? ("bf16", "bfloat16") : ("fp32", "float32");
        var (batch, steps) = size switch { "S" => (16, 2), "M" => (8, 1), _ => (session.Settings.Quick ? 2 : 4, 1) };
        var title = $"{(rank > 0 ? $"LoRA r{rank}" : "full")}, {type}, batch {batch}";
        if (!session.Needs(Name, size, title, threads))
            return;
        using var ours = new TrainingRun(model.Folder, CPU, precision, rank, workload, batch, threads);
        var contenders = new List<Contender> { new("ours", Role.Ours, () => ours.Steps(steps)) };
        using var peer = TorchPeer.Version is null ? null : TorchPeer.Start(model.Shape, batch, RowTokens, AnswerTokens, rank, python, threads);
        if (peer is not null)
            contenders.Add(new Contender($"PyTorch {TorchPeer.Version}", Role.Peer, () => peer.Ask($"{steps}", (double)steps * batch * RowTokens)));
        session.Race(Name, size, title, threads, "tokens", contenders);
    }
}
