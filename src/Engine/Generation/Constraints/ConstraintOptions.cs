namespace Platform.Engine.Generation.Constraints;

/// <summary>What goes around a constrained answer.</summary>
public sealed record ConstraintOptions
{
    /// <summary>
    /// What every answer begins with, before the constrained text: a blank for models whose answers are trained with one, see
    /// <see cref="Prompts.PromptBuilder"/>.
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>Blanks in JSON.</summary>
    public JsonLayout Layout { get; init; }
}
