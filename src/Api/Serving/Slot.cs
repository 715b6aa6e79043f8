namespace Platform.Api.Serving;

/// <summary>One input of a request on its way through the engine. Belongs to the engine thread.</summary>
internal sealed class Slot(QueuedRequest request, int index, TaskLine line)
{
    public QueuedRequest Request => request;

    public int Index => index;

    public QueuedInput Input => request.Inputs[index];

    /// <summary>The task's line, which pays for it.</summary>
    public TaskLine Line => line;

    /// <summary>Tokens that its prompt and its labels were expected to need when it was taken.</summary>
    public int ExpectedTokens { get; } = line.Expected(request.Inputs[index].Tokens);

    /// <summary>Names it in the engine.</summary>
    public long EngineId { get; set; }

    /// <summary>What its prompt and its labels needed in the end; null until it is answered.</summary>
    public int? NeededTokens { get; set; }

    /// <summary>Tokens that steps computed for it so far.</summary>
    public int ComputedTokens { get; set; }

    /// <summary>Tokens that its line was charged for so far.</summary>
    public int ChargedTokens { get; set; }

    /// <summary>What the next step is likely to compute for it; a sequence that is past its prompt gets one token a step.</summary>
    public int NextTokens(int maxChunk) => Math.Min(Math.Max(1, ExpectedTokens - ComputedTokens), maxChunk);
}
