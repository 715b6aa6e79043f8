using System.Diagnostics;
using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>What a probe works on.</summary>
/// <param name="LoadBase">Loads the base model anew; the probe disposes it.</param>
/// <param name="Prompts">Builds the prompts.</param>
/// <param name="Tasks">All tasks that might be mixed, each with validation rows.</param>
/// <param name="Options">How large the probe is.</param>
/// <param name="Adapter">The adapter that is trained; dropout is not used.</param>
/// <param name="Training">How, with the adapter's learning rate; its validations and early stop are not used.</param>
/// <param name="Folder">Where checkpoints and the record go.</param>
/// <param name="Identity">Names the probe: a hash of base model, data and recipe.</param>
public sealed record ProbeWork(
    Func<CausalLanguageModel> LoadBase, PromptBuilder Prompts, IReadOnlyList<TaskData> Tasks, FilterOptions Options, LoraOptions Adapter,
    TrainingOptions Training, string Folder, string Identity)
{
    /// <summary>Learning rate of real checks, which train all weights.</summary>
    public double CheckLearningRate { get; init; } = Training.LearningRate;
}

/// <summary>A short training of an adapter on all tasks, during and behind which is measured what estimates need.</summary>
public static class LoraProbe
{
    /// <summary>Passes over a task's rows in a probe, at most.</summary>
    internal const int MaxEpochs = 4;

    /// <summary>
    /// Trains a UniMax mixture, measures affinity at some moments, and takes projected gradients at the end. What an interrupted call did is
    /// not done again.
    /// </summary>
    /// <param name="work">What to work on.</param>
    /// <param name="progress">Called after every update.</param>
    /// <param name="cancellationToken">Stops after the current update.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; a later call goes on.</exception>
    public static ProbeRecord Run(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(progress);
        if (ProbeRecord.Find(work.Folder, work.Identity) is { } known)
            return known;
        Directory.CreateDirectory(work.Folder);
        using var model = work.LoadBase();
        using var adapter = new LoraAdapter(model, work.Adapter with { Dropout = 0 });
        var maxTokens = Math.Min(work.Training.MaxTokens, model.Config.ContextTokens);
        var moments = new Moments(work, model, adapter, maxTokens);
        var counts = Counts(work);
        var options = work.Training with
        {
            Validations = work.Options.Moments,
            EarlyStopPatience = 0,
            ValidationRowsMax = work.Options.MeasureRows,
            LongRows = LongRows.Truncate,
        };
        var checkpoint = Path.Combine(work.Folder, "probe.safetensors");
        var trained = FineTuner.Run(model, adapter, work.Prompts, work.Tasks, counts, options, checkpoint, work.Identity, Report, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        var clock = Stopwatch.StartNew();
        var (tasks, gradientTokens) = Gradients(work, model, adapter, counts, maxTokens, cancellationToken);
        var record = new ProbeRecord
        {
            Identity = work.Identity,
            Seed = work.Training.Seed,
            MaxTokens = maxTokens,
            Options = work.Options,
            Tasks = tasks,
            Moments = moments.Measured,
            Cost = new ProbeCost(
                trained.Tokens, moments.Measured.Sum(m => m.Tokens), gradientTokens, trained.DeviceTime.TotalSeconds, moments.Seconds, clock.Elapsed.TotalSeconds),
        };
        PeftFolder.Save(ProbeRecord.Adapter(work.Folder), adapter);
        record.Save(work.Folder);
        TrainingCheckpoints.Delete(checkpoint);
        return record;

        void Report(FineTuningProgress now)
        {
            progress(now);
            if (now.ValidationLosses is not null)
                moments.At(now.ExamplesDone);
        }
    }

    /// <summary>Examples of each task in a probe.</summary>
    /// <param name="work">What to work on.</param>
    public static IReadOnlyList<long> Counts(ProbeWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Mixing.UniMax([.. work.Tasks.Select(t => t.Train.Count)], work.Options.Examples, MaxEpochs);
    }

    /// <summary>Gradients of a task's rows at a probe's weights; also of one that was no part of the probe.</summary>
    /// <param name="model">The base model, using <paramref name="adapter"/>, its own weights frozen.</param>
    /// <param name="adapter">The probe's adapter.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="task">The task.</param>
    /// <param name="examples">Examples of it that the probe trained on, or would have.</param>
    /// <param name="options">How many rows, and d.</param>
    /// <param name="seed">The probe's.</param>
    /// <param name="maxTokens">Where rows are cut.</param>
    /// <param name="passTokens">Most tokens of a pass.</param>
    /// <param name="cancellationToken">Stops between passes.</param>
    internal static (ProbedTask Task, long Tokens) Gradients(
        CausalLanguageModel model, LoraAdapter adapter, PromptBuilder prompts, TaskData task, long examples, FilterOptions options, long seed,
        int maxTokens, int passTokens, CancellationToken cancellationToken)
    {
        var projection = new SignProjection(seed, options.ProjectionSize);
        var (train, trainTokens) = Of(task.Train, options.GradientTrainRows);
        var (validation, validationTokens) = Of(task.Validation, options.GradientValidationRows);
        return (new ProbedTask(task.Spec.Name, examples, train, validation), trainTokens + validationTokens);

        (RowGradients, long) Of(IReadOnlyList<Example> rows, int most)
        {
            var tokenized = TokenizedTask.Create(prompts, task.Spec, RowSample.Of(rows, most, seed), maxTokens, LongRows.Truncate).Rows;
            return (RowGradients.Of(model, adapter, tokenized, projection, passTokens, cancellationToken), tokenized.Sum(row => (long)row.Ids.Length));
        }
    }

    private static (IReadOnlyList<ProbedTask> Tasks, long Tokens) Gradients(
        ProbeWork work, CausalLanguageModel model, LoraAdapter adapter, IReadOnlyList<long> counts, int maxTokens, CancellationToken cancellationToken)
    {
        using var used = adapter.Use(model);
        using var frozen = new FrozenWeights(model);
        var all = work.Tasks.Select((task, i) => Gradients(
            model, adapter, work.Prompts, task, counts[i], work.Options, work.Training.Seed, maxTokens, work.Training.MicroBatchTokens, cancellationToken)).ToList();
        return ([.. all.Select(one => one.Task)], all.Sum(one => one.Tokens));
    }

    /// <summary>Affinity at the moments of a training; each is kept on the disk, for a training that is interrupted goes on behind it.</summary>
    private sealed class Moments(ProbeWork work, CausalLanguageModel model, LoraAdapter adapter, int maxTokens)
    {
        private readonly List<IReadOnlyList<TokenizedRow>> _rows = [.. work.Tasks.Select(task => Shuffled(work, task, maxTokens))];
        private readonly SortedDictionary<long, Kept> _measured = Restore(work);

        public IReadOnlyList<AffinityMoment> Measured => [.. _measured.Values.Select(kept => kept.Moment)];

        public double Seconds => _measured.Values.Sum(kept => kept.Seconds);

        public void At(long examples)
        {
            if (_measured.ContainsKey(examples))
                return;
            var clock = Stopwatch.StartNew();
            var moment = Affinity.Measure(model, adapter, _rows, _measured.Count, examples, work.Options, work.Training.MicroBatchTokens);
            _measured[examples] = new Kept(work.Identity, moment, clock.Elapsed.TotalSeconds);
            AtomicFile.WriteText(Path.Combine(work.Folder, $"moment-{examples:D10}.json"), JsonSerializer.Serialize(_measured[examples]));
        }

        /// <summary>What an interrupted call measured.</summary>
        private static SortedDictionary<long, Kept> Restore(ProbeWork work) => new(Directory.GetFiles(work.Folder, "moment-*.json")
            .Select(file => JsonSerializer.Deserialize<Kept>(File.ReadAllText(file))!)
            .Where(kept => kept.Identity == work.Identity)
            .ToDictionary(kept => kept.Moment.Examples));

        private static IReadOnlyList<TokenizedRow> Shuffled(ProbeWork work, TaskData task, int maxTokens)
        {
            // As many as all moments can use without showing a row twice.
            var most = work.Options.MeasureRows + (work.Options.Moments * work.Options.StepRows);
            var rows = RowSample.Of(task.Validation, most, work.Training.Seed).ToArray();
            new SeededRandom(work.Training.Seed).Shuffle(rows.AsSpan());
            return TokenizedTask.Create(work.Prompts, task.Spec, rows, maxTokens, LongRows.Truncate).Rows;
        }

        private sealed record Kept(string Identity, AffinityMoment Moment, double Seconds);
    }
}
