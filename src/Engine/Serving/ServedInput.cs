using Platform.Engine.Generation;

namespace Platform.Engine.Serving;

/// <summary>An input for one of a model version's tasks.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Text">The text.</param>
/// <param name="Text2">The second text of pair tasks, or null.</param>
/// <param name="Options">How it is answered; null for the task's own way.</param>
public sealed record ServedInput(string Task, string Text, string? Text2 = null, GenerationOptions? Options = null);
