using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

/// <summary>A checked request for chat or text completions.</summary>
/// <param name="Inputs">One for each answer: all of the first prompt, then all of the next.</param>
/// <param name="Stream">Whether answers come as they are made.</param>
/// <param name="IncludeUsage">Whether the usage follows a stream.</param>
/// <param name="Logprobs">Whether tokens come with log-probabilities.</param>
internal sealed record CompletionRequest(IReadOnlyList<TaskInput> Inputs, bool Stream, bool IncludeUsage, bool Logprobs)
{
    /// <summary>The probability that the best label needs; null where the task always answers.</summary>
    public double? AbstainBelow { get; init; }

    public bool Abstains(Answer answer) => TaskSettings.Abstains(AbstainBelow, answer);
}
