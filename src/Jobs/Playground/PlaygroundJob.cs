using System.Diagnostics;
using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Playground;
using Platform.Domain.Setup;
using Platform.Engine.Generation;
using Platform.Engine.Serving;
using Platform.Jobs.Claims;
using Platform.Jobs.Devices;
using Platform.Jobs.Dispatch;
using Platform.Jobs.Runs;
using Platform.Method;

namespace Platform.Jobs.Playground;

/// <summary>Answers one text with one model, so that versions can be tried before anything serves them.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed partial class PlaygroundJob(
    ClaimedWork work, Playgrounds playgrounds, ArtifactStore store, EngineThread engine, IOptions<PlatformOptions> options, ILogger<PlaygroundJob> logger)
{
    public Task RunAsync(Guid questionId, CancellationToken cancellationToken) => work.RunAsync<PlaygroundQuestion>(questionId, AnswerAsync, cancellationToken);

    private async Task AnswerAsync(HeldClaim<PlaygroundQuestion> held, CancellationToken cancellationToken)
    {
        await playgrounds.RemoveOldAsync(cancellationToken);
        var started = await playgrounds.StartAsync(held.Claim, cancellationToken);
        if (started.IsFailure)
            return;
        try
        {
            // A thread of its own, not the engine's: a training may hold that one for hours, and this takes a second.
            using var files = started.Value.ModelVersion is { } version ? await StoredFiles.OpenAsync(store, version.ArtifactPath, cancellationToken) : null;
            var answer = await Task.Factory.StartNew(() => Answer(started.Value, files?.Path, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await playgrounds.AnswerAsync(held.Claim, answer, CancellationToken.None);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception, started.Value.Task!.Name);
            await playgrounds.FailAsync(held.Claim, Sentence(exception), CancellationToken.None);
        }
    }

    /// <param name="folder">Of the model version; null for the base model.</param>
    private PlaygroundAnswer Answer(PlaygroundQuestion question, string? folder, CancellationToken cancellationToken)
    {
        engine.Prepare();
        var spec = EngineMapping.Spec(question.Task!);
        if (folder is not null)
        {
            using var model = MultiTaskModel.Load(folder);
            return Timed(() => model.Predict([new ServedInput(spec.Name, question.Text, question.Text2)], truncate: false, cancellationToken)[0]);
        }

        using var loaded = LoadedModel.Load(options.Value.BaseModelFolder);
        using var predictor = new Predictor(loaded.Model, loaded.Prompts);
        return Timed(() => predictor.Predict([new PredictionInput(spec, question.Text, question.Text2)], truncate: false, cancellationToken)[0]);
    }

    private static PlaygroundAnswer Timed(Func<Answer> predict)
    {
        var began = Stopwatch.GetTimestamp();
        var answer = predict();
        return new PlaygroundAnswer(
            answer.Output, answer.Score, [.. answer.Alternatives.Select(label => new PlaygroundScore(label.Output, label.Probability))],
            answer.PromptTokens, answer.CompletionTokens, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private static string Sentence(Exception exception) => exception is InvalidDataException or InputTooLongException or StorageException
        ? exception.Message
        : "The answer broke off. Ask again; if it happens again, the log of the jobs host says why.";
}
