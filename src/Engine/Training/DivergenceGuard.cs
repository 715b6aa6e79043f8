namespace Platform.Engine.Training;

/// <summary>
/// Counts the updates that are left out because their loss or gradient is no number, and ends a training that has come to nothing else.
/// Part of what a checkpoint stores: a resumed training ends at the same update.
/// </summary>
internal sealed class DivergenceGuard
{
    /// <summary>Updates left out in a row that end the training.</summary>
    public const int MaxInARow = 5;

    /// <summary>Updates left out so far.</summary>
    public long Skipped { get; set; }

    /// <summary>How many of them were the last ones.</summary>
    public int InARow { get; set; }

    /// <summary>Takes note of an update.</summary>
    /// <param name="gradientNorm">Norm of all gradients; not finite for an update that was left out.</param>
    /// <param name="update">Its number.</param>
    /// <returns>A sentence for the run's log at the first of a row, else null.</returns>
    /// <exception cref="TrainingDivergedException">Too many in a row were left out.</exception>
    public string? Look(double gradientNorm, long update)
    {
        if (double.IsFinite(gradientNorm))
        {
            InARow = 0;
            return null;
        }

        Skipped++;
        InARow++;
        if (InARow >= MaxInARow)
            throw new TrainingDivergedException($"Loss or gradient was no number in {MaxInARow} updates in a row (the last was update {update:N0}). Lower the learning rate or raise the warm-up share, and look for rows that are not text; the last checkpoint is unharmed.");
        return InARow == 1 ? $"Update {update:N0} was left out: its loss or gradient is no number ({Skipped:N0} so far). The training goes on; {MaxInARow} in a row would end it." : null;
    }
}
