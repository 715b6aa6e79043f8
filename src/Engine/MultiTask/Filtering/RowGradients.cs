using Platform.Engine.Models;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>Rows of a task as the estimate sees them: their loss at the probe's weights and its gradient by the adapter, projected.</summary>
/// <param name="Losses">Mean loss per answer token of each row, nats.</param>
/// <param name="Gradients">[rows · d], row after row: the projected gradient of each row's loss.</param>
public sealed record RowGradients(IReadOnlyList<double> Losses, IReadOnlyList<float> Gradients)
{
    /// <summary>How many rows.</summary>
    public int Rows => Losses.Count;

    /// <summary>
    /// Goes through rows once, forward and backward. Beside what a training pass costs (6 · weights · tokens operations) this takes
    /// 2 · d · adapter weights operations a row, and the memory of the rows' gradients of a single adapted map at a time.
    /// </summary>
    /// <param name="model">The model, its own weights frozen, using <paramref name="adapter"/>.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="projection">How gradients are made small.</param>
    /// <param name="maxTokens">Most tokens of a pass.</param>
    /// <param name="cancellationToken">Stops between passes.</param>
    internal static RowGradients Of(
        CausalLanguageModel model, LoraAdapter adapter, IReadOnlyList<TokenizedRow> rows, SignProjection projection, int maxTokens, CancellationToken cancellationToken)
    {
        var losses = new double[rows.Count];
        var gradients = new float[rows.Count * projection.Size];
        var passes = new AnswerGradients(model, adapter, maxTokens, checkpointing: false);
        using var trace = adapter.BeginTrace();
        return new MicroBatch(maxTokens, _ => { }).Run(rows, Compute, trace.Clear);

        RowGradients Compute(int tokens)
        {
            foreach (var pass in PackedRows.Plan(rows, tokens, model.Device.type))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                float[] weights = [.. pass.Members.SelectMany(i => Enumerable.Repeat(1f / rows[i].AnswerTokens, rows[i].AnswerTokens))];
                AnswerLoss.Spread(passes.Pass(pass, tensor(weights, device: model.Device)), pass, rows, losses);
                var sums = zeros([pass.Members.Count, projection.Size], ScalarType.Float32, model.Device);
                trace.RowGradients(pass.Groups, Answers(pass.Members, rows), (map, values) => projection.Add((2 * map.Map) + (map.IsA ? 0 : 1), values, sums));
                Copy(sums, pass.Members, projection.Size, gradients);
                trace.Clear();
                Training.Gradients.Clear(adapter.NamedParameters());
            }

            return new RowGradients(losses, gradients);
        }
    }

    /// <summary>Rows with equally long answers, one behind the other, are a group.</summary>
    private static List<RowGroup> Answers(IReadOnlyList<int> members, IReadOnlyList<TokenizedRow> rows)
    {
        var groups = new List<RowGroup>();
        foreach (var length in members.Select(i => rows[i].AnswerTokens))
        {
            if (groups.Count > 0 && groups[^1].Length == length)
                groups[^1] = new RowGroup(groups[^1].Rows + 1, length);
            else
                groups.Add(new RowGroup(1, length));
        }

        return groups;
    }

    private static void Copy(Tensor sums, IReadOnlyList<int> members, int size, float[] gradients)
    {
        var values = sums.cpu().data<float>().ToArray();
        for (var row = 0; row < members.Count; row++)
            values.AsSpan(row * size, size).CopyTo(gradients.AsSpan(members[row] * size, size));
    }
}
