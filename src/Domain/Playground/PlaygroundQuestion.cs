using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Models;
using Platform.Domain.Tasks;

namespace Platform.Domain.Playground;

public enum PlaygroundStatus
{
    Queued,
    Running,
    Answered,
    Failed,
}

/// <summary>A text that somebody tries on one model: a version, or the base model before any training.</summary>
public sealed class PlaygroundQuestion : IClaimable<PlaygroundQuestion>
{
    public static Expression<Func<PlaygroundQuestion, bool>> HasWork { get; } =
        question => question.Status == PlaygroundStatus.Queued || question.Status == PlaygroundStatus.Running;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The same for all models that were asked the same text.</summary>
    public required Guid GroupId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    /// <summary>Null: the base model.</summary>
    public Guid? ModelVersionId { get; init; }

    public ModelVersion? ModelVersion { get; init; }

    public required string Text { get; init; }

    public string? Text2 { get; init; }

    public Guid? AskedById { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    public PlaygroundStatus Status { get; private set; } = PlaygroundStatus.Queued;

    /// <summary>See <see cref="PlaygroundAnswer"/>.</summary>
    public string? AnswerJson { get; private set; }

    /// <summary>Why there is no answer, in one sentence.</summary>
    public string? Error { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public bool IsOver => Status is PlaygroundStatus.Answered or PlaygroundStatus.Failed;

    internal void Start() => Status = PlaygroundStatus.Running;

    internal void Answer(string json) => (Status, AnswerJson, ClaimOwner, HeartbeatAt) = (PlaygroundStatus.Answered, json, null, null);

    internal void Fail(string error) => (Status, Error, ClaimOwner, HeartbeatAt) = (PlaygroundStatus.Failed, error, null, null);
}

public sealed record PlaygroundScore(string Output, double Probability);

/// <param name="Scores">Every label, best first; none for generated text.</param>
/// <param name="Milliseconds">Of the answer alone, without loading the model.</param>
public sealed record PlaygroundAnswer(string Output, double Score, IReadOnlyList<PlaygroundScore> Scores, int PromptTokens, int CompletionTokens, double Milliseconds);
