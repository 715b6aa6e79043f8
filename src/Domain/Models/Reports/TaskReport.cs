namespace Platform.Domain.Models.Reports;

/// <summary>How a model version does on one task, with what it can be compared with.</summary>
/// <param name="Report">Null for versions from before reports were kept.</param>
/// <param name="OtherVersions">Numbers of the other versions that were evaluated on the task, the newest first.</param>
/// <param name="Other">The version that was asked to be compared with.</param>
public sealed record TaskReport(ModelVersion Version, TaskEvaluation Evaluation, EvaluationReport? Report, IReadOnlyList<int> OtherVersions, OtherVersionReport? Other);

/// <param name="Comparison">This version against the other, row by row; null where neither's report holds it.</param>
public sealed record OtherVersionReport(int Number, TaskEvaluation Evaluation, EvaluationReport? Report, ModelComparison? Comparison);
