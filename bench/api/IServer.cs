namespace Platform.ApiBench;

/// <summary>A server that classifies over HTTP.</summary>
internal interface IServer
{
    /// <summary>Bytes in memory.</summary>
    long ResidentBytes { get; }

    /// <summary>Processor time that its process took so far.</summary>
    TimeSpan ProcessorTime { get; }

    /// <summary>The label of an input; null when there was no answer.</summary>
    Task<string?> AnswerAsync(Input input, CancellationToken cancellationToken);
}
