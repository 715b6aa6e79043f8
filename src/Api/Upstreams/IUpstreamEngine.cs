using Platform.Engine.Generation;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>An engine outside that answers a model version's tasks. Safe for use by many threads.</summary>
internal interface IUpstreamEngine
{
    /// <summary>Whether it is there and has the model.</summary>
    /// <exception cref="UpstreamException">Why not.</exception>
    Task ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Answers an input.</summary>
    /// <param name="onDelta">Receives the text as it comes, for inputs with options.</param>
    /// <exception cref="UpstreamException">The engine did not answer as it should.</exception>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    Task<Answer> AnswerAsync(ServedInput input, Action<TextDelta> onDelta, CancellationToken cancellationToken);
}

/// <summary>An engine that speaks in tokens: prompts, labels and answers are made here, as for the Api's own.</summary>
internal sealed class TokenEngine(RemoteTasks tasks, ITokenSource source, Func<CancellationToken, Task> probe) : IUpstreamEngine
{
    public Task ProbeAsync(CancellationToken cancellationToken) => probe(cancellationToken);

    public async Task<Answer> AnswerAsync(ServedInput input, Action<TextDelta> onDelta, CancellationToken cancellationToken)
    {
        try
        {
            return await tasks.AnswerAsync(input, source, input.Options is null ? null : onDelta, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new UpstreamException(exception.Message, isPassing: false, exception);
        }
    }
}
