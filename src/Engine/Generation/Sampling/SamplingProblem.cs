namespace Platform.Engine.Generation.Sampling;

/// <summary>A sampling option that cannot be used.</summary>
/// <param name="Field">Its name in the wire formats, such as <c>top_p</c>.</param>
/// <param name="Message">Field, value and range.</param>
public sealed record SamplingProblem(string Field, string Message);
