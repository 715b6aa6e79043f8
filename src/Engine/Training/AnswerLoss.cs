using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>The loss on the answers of a batch; prompts are seen but not learnt.</summary>
internal static class AnswerLoss
{
    private const int ScoringPassTokens = 2048; // of one forward pass without gradient

    /// <summary>The forward passes of some rows, as their places among them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="maxTokens">Most tokens of a pass, padding included.</param>
    public static IReadOnlyList<int[]> Passes(CausalLanguageModel model, IReadOnlyList<TokenizedRow> rows, int maxTokens) =>
        ForwardPasses.Split([.. rows.Select(row => row.Ids.Length)], maxTokens, rows.Count, model.Device.type);

    /// <summary>Negative log-likelihood of every answer token of a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Rows of one pass.</param>
    /// <returns>One value per answer token, row after row, nats; in the caller's dispose scope.</returns>
    public static Tensor TokenLosses(CausalLanguageModel model, IReadOnlyList<TokenizedRow> rows)
    {
        using var scope = NewDisposeScope();
        var length = rows.Max(r => r.Ids.Length) - 1; // the last token is only a target
        var ids = new long[rows.Count * length];
        var places = new List<long>();
        var targets = new List<long>();
        for (var b = 0; b < rows.Count; b++)
        {
            var row = rows[b];
            for (var t = 0; t < row.Ids.Length - 1; t++)
                ids[b * length + t] = row.Ids[t];
            for (var t = row.PromptTokens; t < row.Ids.Length; t++)
            {
                places.Add(b * length + t - 1);
                targets.Add(row.Ids[t]);
            }
        }

        var hidden = model.Hidden(tensor(ids, [rows.Count, length], device: model.Device)); // [B, T, C]
        var answers = hidden.flatten(0, 1).index_select(0, tensor(places.ToArray(), device: model.Device)); // [answer tokens, C]
        return nn.functional.cross_entropy(model.Head(answers), tensor(targets.ToArray(), device: model.Device), reduction: nn.Reduction.None)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Mean loss per answer token of each row, without gradient.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>One value per row, nats.</returns>
    public static double[] RowLosses(CausalLanguageModel model, IReadOnlyList<TokenizedRow> rows)
    {
        using var noGrad = no_grad();
        var losses = new double[rows.Count];
        foreach (var pass in Passes(model, rows, ScoringPassTokens))
        {
            using var scope = NewDisposeScope();
            var values = TokenLosses(model, [.. pass.Select(i => rows[i])]).cpu().data<float>().ToArray();
            var at = 0;
            foreach (var i in pass)
            {
                losses[i] = values.AsSpan(at, rows[i].AnswerTokens).ToArray().Average(v => (double)v);
                at += rows[i].AnswerTokens;
            }
        }

        return losses;
    }
}
