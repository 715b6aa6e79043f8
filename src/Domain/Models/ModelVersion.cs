using Platform.Domain.Runs;

namespace Platform.Domain.Models;

public enum ModelVersionStatus
{
    Candidate,
    Retired,
}

/// <summary>What a run produced: merged weights, tokenizer and adapters in the artifact store.</summary>
public sealed class ModelVersion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>1, 2, 3 ...: what people see and what the API answers with.</summary>
    public required int Number { get; init; }

    public required Guid RunId { get; init; }

    public FineTuningRun? Run { get; init; }

    public required string BaseModel { get; init; }

    /// <summary>Folder inside the artifact store.</summary>
    public required string ArtifactPath { get; init; }

    public required string Sha256 { get; init; }

    public required int ContextTokens { get; init; }

    public required long SizeBytes { get; init; }

    public ModelVersionStatus Status { get; private set; } = ModelVersionStatus.Candidate;

    public required DateTimeOffset CreatedAt { get; init; }

    public List<TaskEvaluation> Evaluations { get; } = [];

    public void Retire() => Status = ModelVersionStatus.Retired;
}
