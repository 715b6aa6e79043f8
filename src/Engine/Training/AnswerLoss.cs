using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>The loss on the answers of rows; prompts are seen but not learnt.</summary>
internal static class AnswerLoss
{
    /// <summary>Most tokens of one forward pass without gradient.</summary>
    public const int ScoringPassTokens = 2048;

    /// <summary>Mean loss per answer token of each row, without gradient.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="maxTokens">Most tokens of one forward pass.</param>
    /// <returns>One value per row, nats.</returns>
    public static double[] RowLosses(CausalLanguageModel model, IReadOnlyList<TokenizedRow> rows, int maxTokens = ScoringPassTokens)
    {
        using var noGrad = no_grad();
        var losses = new double[rows.Count];
        foreach (var pass in PackedRows.Plan(rows, maxTokens, model.Device.type))
        {
            using var scope = NewDisposeScope();
            var (ids, positions, places, targets) = pass.Lay(model.Device);
            var hidden = model.Stack.Forward(ids, model.PackedContext(positions, pass.Groups), places);
            var (values, _) = ChunkedCrossEntropy.Compute(hidden.squeeze(0), model.HeadWeight, targets, weights: null);
            Spread(values, pass, rows, losses);
        }

        return losses;
    }

    /// <summary>Writes the mean of each row's losses down.</summary>
    /// <param name="values">A loss per answer token, row after row.</param>
    /// <param name="pass">The rows' order.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="losses">One value per row; those of the pass are set.</param>
    public static void Spread(Tensor values, PackedRows pass, IReadOnlyList<TokenizedRow> rows, double[] losses)
    {
        var all = values.cpu().data<float>().ToArray();
        var at = 0;
        foreach (var i in pass.Members)
        {
            var sum = 0.0;
            for (var t = 0; t < rows[i].AnswerTokens; t++)
                sum += all[at++];
            losses[i] = sum / rows[i].AnswerTokens;
        }
    }
}
