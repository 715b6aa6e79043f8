namespace Platform.Domain.Sampling;

/// <summary>One answered input that was kept for review, as it lies in the database: what was said in it is encrypted.</summary>
public sealed class RequestSample
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    /// <summary>The request's id, as its caller and the ledger know it.</summary>
    public required string RequestId { get; init; }

    /// <summary>Which of the request's inputs, from 0.</summary>
    public required int InputIndex { get; init; }

    public required DateTimeOffset SampledAt { get; init; }

    /// <summary>Number of the model version that answered.</summary>
    public required int ModelVersion { get; init; }

    public required double Score { get; init; }

    /// <summary>The caller got no answer because the score was below the task's threshold.</summary>
    public required bool Abstained { get; init; }

    /// <summary>A <see cref="SampleText"/>, encrypted with the platform's keys.</summary>
    public required byte[] Content { get; init; }
}

/// <summary>What was said: only ever encrypted in the database, and in no log.</summary>
public sealed record SampleText(string Text, string? Text2, string Output);

/// <summary>An answered input on its way into the database.</summary>
public sealed record SampleDraft(
    Guid TaskId, string RequestId, int InputIndex, DateTimeOffset At, int ModelVersion, double Score, bool Abstained, SampleText Content);

/// <summary>A sample for people who may see it.</summary>
/// <param name="Content">Null when the key that encrypted it is no longer in the platform's key folder.</param>
public sealed record SampleView(
    Guid Id, string RequestId, int InputIndex, DateTimeOffset SampledAt, int ModelVersion, double Score, bool Abstained, SampleText? Content);
