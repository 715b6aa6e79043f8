using System.Globalization;
using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.MultiTask;

/// <summary>What the probe found for a task.</summary>
/// <param name="Task">Its name.</param>
/// <param name="Examples">Examples of it that each arm saw.</param>
/// <param name="AloneLoss">Validation loss after training alone, nats per answer token.</param>
/// <param name="MixtureLoss">Validation loss after training in the mixture.</param>
/// <param name="Difference">Mixture minus alone as a share of alone, with its 95 % interval over validation rows; above 0 the mixture hurts.</param>
/// <param name="Isolate">Whether the task should leave the mixture.</param>
/// <param name="Sentence">Why, in plain words.</param>
public sealed record ProbeEvidence(string Task, long Examples, double AloneLoss, double MixtureLoss, Interval Difference, bool Isolate, string Sentence);

/// <summary>How large the probe is and when it isolates a task.</summary>
/// <param name="Examples">Examples of the mixture; the arms alone together see as many again.</param>
/// <param name="Tolerance">A task leaves only when the mixture is worse by more than this share, with 95 % confidence.</param>
/// <param name="ExamplesMin">A task that showed fewer examples than this stays: a handful of updates says nothing about the whole training.</param>
public sealed record ProbeOptions(long Examples, double Tolerance, long ExamplesMin);

/// <summary>
/// A first measurement of negative transfer: every task trained shortly in the mixture of all and shortly alone, on the same number
/// of its examples, compared on its validation rows.
/// </summary>
public static class Probe
{
    private const int Resamples = 2000;

    /// <summary>Runs the probe; arms that an interrupted call finished are not run again.</summary>
    /// <param name="loadBase">Loads the base model anew; the probe disposes it.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="tasks">All tasks that might be mixed; those without validation rows are kept without a measurement.</param>
    /// <param name="probe">How large it is and when it decides against a task.</param>
    /// <param name="options">How to train; validations and early stopping are not used.</param>
    /// <param name="workFolder">Where results and checkpoints go.</param>
    /// <param name="identity">Names the probe: a hash of base model, data and recipe.</param>
    /// <param name="progress">Called after every update, over all arms.</param>
    /// <param name="cancellationToken">Stops after the current update.</param>
    /// <param name="compared">Which tasks are compared, by their place; null for all.</param>
    /// <returns>The evidence for each compared task, in their order.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; a later call goes on.</exception>
    public static IReadOnlyList<ProbeEvidence> Run(
        Func<CausalLanguageModel> loadBase,
        PromptBuilder prompts,
        IReadOnlyList<TaskData> tasks,
        ProbeOptions probe,
        TrainingOptions options,
        string workFolder,
        string identity,
        Action<FineTuningProgress> progress,
        CancellationToken cancellationToken,
        Func<int, bool>? compared = null)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(probe);
        ArgumentNullException.ThrowIfNull(options);
        var counts = Mixing.UniMax([.. tasks.Select(t => t.Train.Count)], probe.Examples, maxEpochs: 4);
        Directory.CreateDirectory(workFolder);
        var total = counts.Sum() + counts.Where((_, i) => compared?.Invoke(i) != false).Sum();
        var run = new Arms(loadBase, prompts, tasks, options with { Validations = 0, EarlyStopPatience = 0 }, workFolder, identity, total, progress);
        var mixture = run.Losses("mixture", counts, cancellationToken);
        var evidence = new List<ProbeEvidence>();
        for (var i = 0; i < tasks.Count; i++)
        {
            if (compared?.Invoke(i) == false)
                continue;
            var name = tasks[i].Spec.Name;
            if (tasks[i].Validation.Count == 0 || counts[i] == 0)
            {
                evidence.Add(new ProbeEvidence(name, counts[i], double.NaN, double.NaN, new Interval(0, 0, 0), false, $"Kept without a measurement: {name} has no validation rows."));
                continue;
            }

            var only = counts.Select((count, j) => j == i ? count : 0).ToList();
            var alone = run.Losses($"alone-{name}", only, cancellationToken)[name];
            evidence.Add(Judge(name, counts[i], alone, mixture[name], probe, options.Seed));
        }

        return evidence;
    }

    /// <summary>Compares the row losses of the two arms by a paired bootstrap.</summary>
    internal static ProbeEvidence Judge(string task, long examples, double[] alone, double[] mixture, ProbeOptions probe, long seed)
    {
        var difference = RelativeDifference(alone, mixture, seed);
        var harmed = difference.Low > probe.Tolerance;
        var isolate = harmed && examples >= probe.ExamplesMin;
        var effect = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(difference.Value):P1} ({difference.Low:+0.0%;-0.0%} to {difference.High:+0.0%;-0.0%})");
        var sentence = isolate ? $"Left out: in the mixture its validation loss is higher by {effect} than alone, after {examples:N0} examples of it each."
            : harmed ? $"Kept: in the mixture its validation loss is higher by {effect}, but {examples:N0} examples of it are too few to decide by; the recipe asks for {probe.ExamplesMin:N0}."
            : difference.High < 0 ? $"Kept: the mixture lowers its validation loss by {effect} against training alone, after {examples:N0} examples of it each."
            : difference.Low > 0 ? $"Kept: in the mixture its validation loss is higher by {effect}, which is not proven to exceed the tolerance of {probe.Tolerance:P0}."
            : $"Kept: no effect of the mixture on its validation loss is proven; measured {effect}.";
        return new ProbeEvidence(task, examples, alone.Average(), mixture.Average(), difference, isolate, sentence);
    }

    private static Interval RelativeDifference(double[] alone, double[] mixture, long seed)
    {
        var random = new SeededRandom(seed);
        var values = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            var (sumAlone, sumMixture) = (0.0, 0.0);
            for (var i = 0; i < alone.Length; i++)
            {
                var row = random.Next(alone.Length);
                (sumAlone, sumMixture) = (sumAlone + alone[row], sumMixture + mixture[row]);
            }

            values[r] = sumMixture / sumAlone - 1;
        }

        Array.Sort(values);
        return new Interval(mixture.Sum() / alone.Sum() - 1, values[(int)(0.025 * Resamples)], values[(int)(0.975 * Resamples)]);
    }

    /// <summary>Trains arms one after the other and keeps each one's losses on the disk.</summary>
    private sealed class Arms(
        Func<CausalLanguageModel> loadBase,
        PromptBuilder prompts,
        IReadOnlyList<TaskData> tasks,
        TrainingOptions options,
        string folder,
        string identity,
        long totalExamples,
        Action<FineTuningProgress> progress)
    {
        private long _examples;
        private long _tokens;
        private TimeSpan _deviceTime;

        /// <summary>Validation row losses of each task of the arm after its training.</summary>
        public Dictionary<string, double[]> Losses(string arm, IReadOnlyList<long> counts, CancellationToken cancellationToken)
        {
            var path = Path.Combine(folder, $"{arm}.json");
            var armIdentity = $"{identity} {arm}";
            if (File.Exists(path) && JsonSerializer.Deserialize<ArmResult>(File.ReadAllText(path)) is { } stored && stored.Identity == armIdentity)
            {
                Add(stored);
                return stored.Losses;
            }

            using var model = loadBase();
            var checkpoint = Path.Combine(folder, $"{arm}.safetensors");
            var trained = FineTuner.Run(model, null, prompts, tasks, counts, options, checkpoint, armIdentity, Report, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var losses = tasks.Where((task, i) => counts[i] > 0 && task.Validation.Count > 0).ToDictionary(
                task => task.Spec.Name,
                task => Evaluator.RowLosses(model, prompts, task.Spec, RowSample.Of(task.Validation, options.ValidationRowsMax, options.Seed), options.MaxTokens));
            var result = new ArmResult(armIdentity, trained.Examples, trained.Tokens, trained.DeviceTime, losses);
            AtomicFile.WriteText(path, JsonSerializer.Serialize(result));
            TrainingCheckpoints.Delete(checkpoint);
            Add(result);
            return losses;
        }

        private void Add(ArmResult result) =>
            (_examples, _tokens, _deviceTime) = (_examples + result.Examples, _tokens + result.Tokens, _deviceTime + result.DeviceTime);

        private void Report(FineTuningProgress arm) => progress(arm with
        {
            ExamplesDone = _examples + arm.ExamplesDone,
            ExamplesTotal = totalExamples,
            TokensDone = _tokens + arm.TokensDone,
            DeviceTime = _deviceTime + arm.DeviceTime,
        });
    }

    private sealed record ArmResult(string Identity, long Examples, long Tokens, TimeSpan DeviceTime, Dictionary<string, double[]> Losses);
}
