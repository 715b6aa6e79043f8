using System.Security.Cryptography;
using Platform.Api.Serving;
using Platform.Domain.Deployments;
using Platform.Engine.Generation;
using Platform.Engine.Serving;

namespace Platform.Api.Deployments;

/// <summary>
/// Answers a model version's recorded sample predictions again, one by one and in batches that come and go at random, through the same
/// steps that requests take. A served model that answers otherwise than the evaluated one must not go live.
/// </summary>
internal sealed class ParityCheck(TimeProvider clock)
{
    private const int MostDifferences = 5;
    private const int Rounds = 2;
    private const int MostArrivals = 8;

    /// <param name="deployment">The deployment.</param>
    /// <param name="model">Its model.</param>
    /// <param name="folder">With the recorded samples.</param>
    /// <param name="tolerance">By how much a score may differ.</param>
    /// <param name="processor">What computes, in words.</param>
    /// <param name="cancellationToken">Checked between answers.</param>
    /// <exception cref="DeploymentRefusedException">Some answer differs; the message names the first of them.</exception>
    public ParityCertificate Check(Deployment deployment, ISharedModel model, string folder, double tolerance, string processor, CancellationToken cancellationToken)
    {
        var samples = ParitySample.Read(folder);
        List<Answer> alone = [];
        foreach (var sample in samples)
        {
            cancellationToken.ThrowIfCancellationRequested();
            alone.Add(model.Predict([Input(sample)]).Single());
        }

        Refuse(ParitySample.Differences(samples, alone, tolerance), samples.Count, "one by one");
        var isBitwiseSame = true;
        var inBatches = 0;
        for (var round = 0; round < Rounds && samples.Count > 0; round++)
        {
            var together = InBatches(model, samples, new Random(deployment.Number + round), cancellationToken);
            Refuse(ParitySample.Differences(samples, together, tolerance), samples.Count, "in batches");
            isBitwiseSame &= alone.Zip(together).All(pair => pair.First.Score.Equals(pair.Second.Score));
            inBatches += together.Length;
        }

        return new ParityCertificate(
            deployment.Number, deployment.ModelVersion!.Number, deployment.ModelVersion.Sha256, Hash(folder), samples.Count, alone.Count, inBatches, inBatches,
            tolerance, samples.Zip(alone).Select(pair => Math.Abs(pair.First.Score - pair.Second.Score)).DefaultIfEmpty(0).Max(),
            isBitwiseSame, Environment.MachineName, processor, clock.GetUtcNow());
    }

    /// <summary>Up to <see cref="MostArrivals"/> samples come in before each step, in random order.</summary>
    /// <returns>In the order of the samples.</returns>
    private static Answer[] InBatches(ISharedModel model, IReadOnlyList<ParitySample> samples, Random random, CancellationToken cancellationToken)
    {
        var order = Enumerable.Range(0, samples.Count).ToArray();
        random.Shuffle(order);
        var answers = new Answer[samples.Count];
        Dictionary<long, int> running = [];
        for (var next = 0; next < order.Length || running.Count > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var arrivals = random.Next(1, MostArrivals + 1); arrivals > 0 && next < order.Length; arrivals--)
            {
                var sample = samples[order[next]];
                if (!model.TrySubmit(Input(sample), out var id))
                    break;
                running.Add(id, order[next++]);
            }

            foreach (var step in model.Step().Where(step => step.Answer is not null))
            {
                running.Remove(step.Id, out var index);
                answers[index] = step.Answer!;
            }
        }

        return answers;
    }

    private static void Refuse(IReadOnlyList<string> differences, int samples, string how)
    {
        if (differences.Count > 0)
            throw new DeploymentRefusedException(
                $"The served model answers {differences.Count} of the {samples} recorded sample predictions otherwise than the evaluated one ({how}). {string.Join(' ', differences.Take(MostDifferences))}");
    }

    private static ServedInput Input(ParitySample sample) => new(sample.Task, sample.Text, sample.Text2);

    private static string Hash(string folder)
    {
        var path = Path.Combine(folder, ParitySample.FileName);
        return File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : "";
    }
}
