namespace Platform.Engine.Scheduling;

/// <summary>A scheduler's state in numbers.</summary>
/// <param name="Waiting">Sequences that wait.</param>
/// <param name="Running">Sequences that hold blocks.</param>
/// <param name="UsedBlocks">Blocks that sequences hold.</param>
/// <param name="CachedBlocks">Blocks that no sequence holds and that are kept for their content.</param>
/// <param name="FreeBlocks">Blocks without content.</param>
/// <param name="PromptTokens">Prompt tokens of all sequences admitted so far.</param>
/// <param name="HitTokens">How many of these came from the prefix cache.</param>
/// <param name="Preemptions">How often a sequence lost its blocks so far.</param>
public readonly record struct SchedulerCounts(
    int Waiting, int Running, int UsedBlocks, int CachedBlocks, int FreeBlocks, long PromptTokens, long HitTokens, long Preemptions);
