using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Platform.Engine.Models;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Pretraining;

/// <summary>How to pre-train.</summary>
public sealed record PretrainingOptions
{
    /// <summary>Tokens of one sequence.</summary>
    public int SequenceTokens { get; init; } = 512;

    /// <summary>Tokens of one optimizer update.</summary>
    public int BatchTokens { get; init; } = 4096;

    /// <summary>Tokens of one forward pass.</summary>
    public int MicroBatchTokens { get; init; } = 2048;

    /// <summary>Tokens of the whole training.</summary>
    public required long TotalTokens { get; init; }

    /// <summary>Peak learning rate of the matrices inside the layers (Muon).</summary>
    public double MatrixLearningRate { get; init; } = 0.02;

    /// <summary>
    /// Weight decay of the matrices. An orthogonal update has the same size however small the gradient is, so without decay the matrices only
    /// grow, and what is fine-tuned from over-large matrices generalises badly (docs/experiments.md).
    /// </summary>
    public double MatrixWeightDecay { get; init; } = 0.4;

    /// <summary>
    /// Share of the sequences in which a stretch occurs a second time. Copying from the text before is what extraction and pair tasks need
    /// and what a short training on plain text hardly shows (Olsson et al. 2022, arXiv 2209.11895, on induction heads).
    /// </summary>
    public double RepeatShare { get; init; } = 0.1;

    /// <summary>Peak learning rate of embeddings and norms (AdamW).</summary>
    public double EmbeddingLearningRate { get; init; } = 0.003;

    /// <summary>Share of the steps with rising learning rate.</summary>
    public double WarmupShare { get; init; } = 0.02;

    /// <summary>Fixes the initial weights and the order of the data.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many of the last checkpoints are kept, at least 1.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Sequences of the held-out end of the corpus used for validation.</summary>
    public int ValidationSequences { get; init; } = 64;
}

/// <summary>Where a pre-training stands.</summary>
/// <param name="Step">Optimizer updates made.</param>
/// <param name="TotalSteps">Updates of the whole training.</param>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Loss">Training loss of the last update, nats per token.</param>
/// <param name="ValidationLoss">Held-out loss, nats per token, when it was just measured.</param>
/// <param name="TokensPerSecond">Speed since the last report.</param>
public sealed record PretrainingProgress(long Step, long TotalSteps, long Tokens, double Loss, double? ValidationLoss, double TokensPerSecond);

/// <summary>Trains a model from random weights on plain text: every token is predicted from those before it.</summary>
public sealed class Pretrainer : IDisposable
{
    private const int ValidationEverySteps = 100;

    private readonly CausalLanguageModel _model;
    private readonly TokenFile _corpus;
    private readonly PretrainingOptions _options;
    private readonly string _checkpoint;
    private readonly string _identity;
    private readonly MicroBatch _microBatch;
    private readonly AnswerGradients _gradients;
    private readonly Muon _muon;
    private readonly AdamW _adam;
    private readonly int _trainTokens;
    private DivergenceGuard _guard = new();
    private Action<string> _report = _ => { };

    /// <param name="model">Weights are overwritten: drawn anew, or restored from the checkpoint.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="options">How.</param>
    /// <param name="checkpoint">What the names of the checkpoints begin with; a training that was interrupted goes on from the newest usable one.</param>
    /// <exception cref="ArgumentException">The corpus is too small for the options, or a batch for a sequence.</exception>
    public Pretrainer(CausalLanguageModel model, TokenFile corpus, PretrainingOptions options, string checkpoint)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        (_model, _corpus, _options, _checkpoint) = (model, corpus, options, checkpoint);
        _identity = Identity(model, corpus, options);
        _trainTokens = CountTrainTokens(corpus, options);
        var matrices = model.Projections().Select(p => (p.Name + ".weight", p.Projection.Weight)).ToList();
        var names = matrices.Select(m => m.Item1).ToHashSet();
        _microBatch = new MicroBatch(options.MicroBatchTokens, sentence => _report(sentence));
        _gradients = new AnswerGradients(model, null, _microBatch, checkpointing: false, passDone: null, () => Gradients.Clear(Weights()));
        _muon = new Muon(matrices);
        _adam = new AdamW(model.named_parameters().Where(p => !names.Contains(p.name)).Select(p => (p.name, p.parameter)), weightDecay: 0);
    }

    /// <summary>Trains until the wished number of tokens or the cancellation, after which a checkpoint is stored.</summary>
    /// <param name="progress">Receives every update.</param>
    /// <param name="report">Receives a sentence when something happened that is worth knowing: a resumption, a checkpoint that was refused or could not be written.</param>
    /// <param name="cancellationToken">Stops after the current update.</param>
    /// <returns>The final validation loss, nats per token.</returns>
    /// <exception cref="IOException">The last checkpoint could not be written; the one before is still there.</exception>
    /// <exception cref="TrainingDivergedException">Loss, gradients or weights are no numbers any more.</exception>
    /// <exception cref="TrainingMemoryException">There is not enough memory for a single sequence at a time.</exception>
    public double Run(Action<PretrainingProgress> progress, Action<string> report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(report);
        _report = report;
        _model.Initialize(_options.Seed);
        var total = Math.Max(1, _options.TotalTokens / _options.BatchTokens);
        var checkpoints = new TrainingCheckpoints(_checkpoint, _identity, _options.KeepCheckpoints);
        using var keeper = new CheckpointKeeper(checkpoints, _options.CheckpointInterval, report);
        var step = Resume(checkpoints, total, report);
        var gauge = MemoryGauge.Start(_model.Device, _model.SizeBytes + OptimizerBytes);
        var memory = PredictMemory(gauge);
        var schedule = new LearningRateSchedule(1, (long)(total * _options.WarmupShare) + 1, total);
        var sinceReport = Stopwatch.StartNew();
        for (; step < total && !cancellationToken.IsCancellationRequested; step++)
        {
            var trained = Step(step, schedule.Factor(step));
            double? validation = (step + 1) % ValidationEverySteps == 0 ? ValidationLoss() : null;
            progress(new PretrainingProgress(step + 1, total, (step + 1) * _options.BatchTokens, trained, validation, _options.BatchTokens / sinceReport.Elapsed.TotalSeconds));
            sinceReport.Restart();
            if (keeper.IsDue)
                keeper.Save(step + 1, Tensors(), Snapshot(step + 1), bestStep: null, []);
        }

        keeper.SaveLast(step, Tensors(), Snapshot(step), bestStep: null, []);
        var loss = ValidationLoss();
        if ((memory with { Measured = gauge.Peak() }).Outcome() is { } sentence)
            report(sentence);
        return loss;
    }

    private long OptimizerBytes => _muon.State().Concat(_adam.State()).Sum(t => t.Tensor.numel() * t.Tensor.element_size());

    private TrainingMemory PredictMemory(MemoryGauge gauge)
    {
        List<TokenizedRow> rows = [.. Batch(0, _options.BatchTokens / _options.SequenceTokens)];
        var scoring = Math.Min((long)_options.ValidationSequences * _options.SequenceTokens, AnswerLoss.ScoringPassTokens);
        var memory = new MemoryPrediction(_model, null, masters: false, checkpointing: false, OptimizerBytes).Peak([rows], _microBatch.Tokens, scoring);
        _report(memory.Expectation(MemoryGauge.Available(_model.Device), gauge.Held));
        return memory;
    }

    private long Resume(TrainingCheckpoints checkpoints, long total, Action<string> report)
    {
        if (checkpoints.Restore<State>(Tensors(), [], report) is not { } stored)
            return 0;
        (_adam.Steps, _guard) = (stored.OptimizerSteps, stored.Guard);
        _microBatch.Tokens = Math.Min(_options.MicroBatchTokens, stored.MicroBatchTokens);
        report($"Resumed after {stored.Step:N0} of {total:N0} updates.");
        return stored.Step;
    }

    private State Snapshot(long step) => new(step, _adam.Steps, _microBatch.Tokens, _guard);

    /// <summary>Everything that decides how the training goes. How often checkpoints are stored, and how many tokens go through the model at once, may change on the way.</summary>
    private static string Identity(CausalLanguageModel model, TokenFile corpus, PretrainingOptions options)
    {
        var deciding = options with { CheckpointInterval = TimeSpan.Zero, KeepCheckpoints = 0, MicroBatchTokens = 0 };
        var corpusHash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(corpus.Ids)));
        var json = JsonSerializer.SerializeToUtf8Bytes(new { Options = deciding, Shape = model.Config, Corpus = corpusHash });
        return $"pretraining {Convert.ToHexStringLower(SHA256.HashData(json))[..16]}";
    }

    /// <summary>Mean loss on the held-out end of the corpus, nats per token.</summary>
    public double ValidationLoss() => AnswerLoss
        .RowLosses(_model, [.. Enumerable.Range(0, _options.ValidationSequences).Select(i => Row(Sequence(_trainTokens + (i * _options.SequenceTokens))))])
        .Average();

    /// <inheritdoc/>
    public void Dispose()
    {
        _muon.Dispose();
        _adam.Dispose();
    }

    // What is left of the corpus in front of its held-out end.
    private static int CountTrainTokens(TokenFile corpus, PretrainingOptions options)
    {
        if (options.BatchTokens < options.SequenceTokens)
            throw new ArgumentException($"{nameof(options.BatchTokens)} is {options.BatchTokens}; it must be at least {nameof(options.SequenceTokens)}, {options.SequenceTokens}.", nameof(options));

        // Two sequences at least: each epoch begins at another offset within the first.
        var heldOut = (options.ValidationSequences * options.SequenceTokens) + 1;
        var needed = Math.Max(options.BatchTokens, 2 * options.SequenceTokens) + heldOut;
        return corpus.Count >= needed
            ? corpus.Count - heldOut
            : throw new ArgumentException($"The corpus has {corpus.Count} tokens; at least {needed} are needed. Give more text, or a smaller batch.", nameof(corpus));
    }

    private double Step(long step, double factor)
    {
        List<TokenizedRow> rows = [.. Batch(step, _options.BatchTokens / _options.SequenceTokens)];
        var weight = 1.0 / rows.Sum(row => row.AnswerTokens); // all rows are equally long
        var losses = _gradients.Add(rows, [.. rows.Select(_ => weight)], step);
        var loss = losses.Average();
        var norm = double.IsFinite(loss) ? Gradients.Norm(Weights()) : double.NaN;
        if (double.IsFinite(norm))
        {
            _muon.Step(_options.MatrixLearningRate * factor, _options.MatrixWeightDecay);
            _adam.Step(_options.EmbeddingLearningRate * factor, clipNorm: 1);
        }

        Gradients.Clear(Weights());
        if (_guard.Look(norm, step + 1) is { } sentence)
            _report(sentence);
        return loss;
    }

    /// <summary>The sequences of a step: the corpus is walked front to back, each epoch shifted by a different offset.</summary>
    private IEnumerable<TokenizedRow> Batch(long step, int sequences)
    {
        var perEpoch = _trainTokens / _options.SequenceTokens - 1;
        for (var i = 0; i < sequences; i++)
        {
            var number = (step * sequences) + i;
            var (epoch, place) = Math.DivRem(number, perEpoch);
            var row = Sequence((int)((place * _options.SequenceTokens) + (epoch * 101 % _options.SequenceTokens)));
            var random = new SeededRandom(_options.Seed ^ (number + 1));
            if (random.NextDouble() < _options.RepeatShare)
                Repetition.Apply(row, random);
            yield return Row(row);
        }
    }

    // Every token but the first is predicted.
    private static TokenizedRow Row(int[] ids) => new(ids, PromptTokens: 1);

    /// <summary>T + 1 token ids of the corpus.</summary>
    private int[] Sequence(int start)
    {
        var row = new int[_options.SequenceTokens + 1];
        for (var t = 0; t < row.Length; t++)
            row[t] = _corpus.Ids[start + t];
        return row;
    }

    private List<(string Name, Tensor Tensor)> Tensors() =>
        [.. Weights().Select(p => (p.Name, (Tensor)p.Parameter)), .. _muon.State(), .. _adam.State()];

    private IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> Weights() => _model.named_parameters().Select(p => (p.name, p.parameter));

    private sealed record State(long Step, long OptimizerSteps, int MicroBatchTokens, DivergenceGuard Guard);
}
