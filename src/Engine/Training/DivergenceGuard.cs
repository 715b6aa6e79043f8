using System.Globalization;

namespace Platform.Engine.Training;

/// <summary>
/// Counts the updates that are left out because their loss or gradient is no number, watches whether the loss runs away, and ends a training that has come to nothing else.
/// Part of what a checkpoint stores: a resumed training ends at the same update.
/// </summary>
internal sealed class DivergenceGuard
{
    /// <summary>Updates left out in a row that end the training.</summary>
    public const int MaxInARow = 5;

    private const double Memory = 0.98; // of the smoothed loss: it follows about the last 50 updates
    private const int SettlingUpdates = 100;

    /// <summary>The loss over about the last 50 updates, nats per answer token.</summary>
    public double SmoothLoss { get; set; }

    /// <summary>Its lowest value since it settled, or null before.</summary>
    public double? LowestLoss { get; set; }

    /// <summary>Losses seen.</summary>
    public long Losses { get; set; }

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

    /// <summary>Takes note of the loss of an update that was made.</summary>
    /// <param name="loss">Mean loss per answer token, nats.</param>
    /// <param name="update">Its number.</param>
    /// <exception cref="TrainingDivergedException">
    /// The smoothed loss is above three times its lowest value and a nat: far beyond what tasks of different loss, which take turns in the batches, make of it.
    /// </exception>
    public void Watch(double loss, long update)
    {
        Losses++;
        // The weight of the first losses is that of a plain mean, so that the start counts no more than the rest.
        SmoothLoss += Math.Max(1 - Memory, 1.0 / Losses) * (loss - SmoothLoss);
        if (Losses < SettlingUpdates)
            return;
        LowestLoss = Math.Min(LowestLoss ?? SmoothLoss, SmoothLoss);
        if (SmoothLoss > (3 * LowestLoss) + 1)
            throw new TrainingDivergedException(string.Create(CultureInfo.InvariantCulture, $"The training diverges: after update {update:N0} the loss is {SmoothLoss:N2} nats per answer token, after {LowestLoss:N2} at its best. Lower the learning rate (a third of it, to begin with) or raise the warm-up share and plan a new run; the last checkpoint and the best weights are unharmed."));
    }
}
