namespace Platform.Engine.Generation.Constraints;

/// <summary>A constraint that cannot be used: not well formed, not supported, or too large. What the author of a request can mend.</summary>
/// <param name="path">Where in the constraint, such as <c>#/properties/age</c> or <c>character 12</c>; empty for the whole of it.</param>
/// <param name="problem">What is wrong, and the mend.</param>
public sealed class InvalidConstraintException(string path, string problem) : Exception(path.Length == 0 ? problem : $"{path}: {problem}")
{
    /// <summary>Where in the constraint; empty for the whole of it.</summary>
    public string Path => path;

    /// <summary>What is wrong, and the mend.</summary>
    public string Problem => problem;
}
