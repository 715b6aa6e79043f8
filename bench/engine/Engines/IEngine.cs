namespace Platform.EngineBench.Engines;

/// <summary>A program that runs a language model: ours in one of its ways, or a peer.</summary>
internal interface IEngine : IDisposable
{
    /// <summary>Its name in tables.</summary>
    string Name { get; }

    /// <summary>Takes its threads; called before each of its turns.</summary>
    /// <param name="threads">How many.</param>
    void Begin(int threads);

    /// <summary>Gives its threads back, so that they do not wait actively in another's turn.</summary>
    void End();

    /// <summary>Processes a prompt from nothing.</summary>
    /// <param name="ids">Token ids.</param>
    /// <returns>Logits behind the last token, V values.</returns>
    float[] Prefill(int[] ids);

    /// <summary>Makes a batch of sequences that have all processed the same prompt.</summary>
    /// <param name="ids">The prompt.</param>
    /// <param name="batch">How many sequences.</param>
    /// <param name="steps">Most steps until the next <see cref="IDecoding.Rewind"/>.</param>
    IDecoding Decode(int[] ids, int batch, int steps);
}

/// <summary>A batch of sequences that grow by one token at each step.</summary>
internal interface IDecoding : IDisposable
{
    /// <summary>Goes back to the end of the prompt.</summary>
    void Rewind();

    /// <summary>Processes each sequence's newest token and chooses the most likely next one.</summary>
    void Step();
}
