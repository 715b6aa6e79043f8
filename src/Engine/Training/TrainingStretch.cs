namespace Platform.Engine.Training;

/// <summary>
/// The place of a training in a longer one that is made in stretches, each with a mixture of its own. The learning rate falls once over all of
/// them, and a task's rows go on where the stretch before left them. The optimizer begins anew: what helps about stages is their order, not
/// what it remembers (Choi et al., NeurIPS 2023).
/// </summary>
/// <param name="ShownBefore">Examples that the stretches before showed, by the task's name; a task that is not named was not shown.</param>
/// <param name="ExamplesAfter">Examples of all tasks that come after this stretch.</param>
public sealed record TrainingStretch(IReadOnlyDictionary<string, long> ShownBefore, long ExamplesAfter)
{
    /// <summary>Updates before this stretch.</summary>
    /// <param name="batchExamples">Examples of one update.</param>
    public long UpdatesBefore(int batchExamples) => Updates(ShownBefore.Values.Sum(), batchExamples);

    /// <summary>Updates after it.</summary>
    /// <param name="batchExamples">Examples of one update.</param>
    public long UpdatesAfter(int batchExamples) => Updates(ExamplesAfter, batchExamples);

    private static long Updates(long examples, int batchExamples) => (examples + batchExamples - 1) / batchExamples;
}
