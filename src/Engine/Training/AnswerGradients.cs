using Platform.Engine.Models;
using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>Adds the gradients of a batch's weighted loss to the weights that are trained.</summary>
/// <param name="model">The model.</param>
/// <param name="adapter">The adapter in use, for its dropout; null for none.</param>
/// <param name="microBatch">Most tokens of one forward pass; the gradients of several add up.</param>
/// <param name="checkpointing">
/// Keeps only what goes into each layer and computes the layer a second time for its gradient (Chen et al., 2016,
/// https://arxiv.org/abs/1604.06174): about a third more time, and the memory of one layer instead of all.
/// </param>
/// <param name="passDone">Called behind every pass, or null.</param>
/// <param name="clear">Drops all gradients, to begin a batch anew.</param>
internal sealed class AnswerGradients(CausalLanguageModel model, LoraAdapter? adapter, MicroBatch microBatch, bool checkpointing, Action? passDone, Action clear)
{
    /// <param name="model">The model.</param>
    /// <param name="adapter">The adapter in use, or null.</param>
    /// <param name="microBatchTokens">Most tokens of one forward pass.</param>
    /// <param name="checkpointing">As above.</param>
    /// <param name="passDone">As above.</param>
    public AnswerGradients(CausalLanguageModel model, LoraAdapter? adapter, int microBatchTokens, bool checkpointing, Action? passDone = null)
        : this(model, adapter, new MicroBatch(microBatchTokens, _ => { }), checkpointing, passDone, () => Clear(model, adapter))
    {
    }

    /// <summary>Goes through a batch.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="weights">For each row the weight of each of its answer tokens' losses.</param>
    /// <param name="update">Number of the optimizer update.</param>
    /// <returns>Mean loss per answer token of each row, nats.</returns>
    /// <exception cref="TrainingMemoryException">Not even one row fits into memory; no gradient is left.</exception>
    public double[] Add(IReadOnlyList<TokenizedRow> rows, IReadOnlyList<double> weights, long update) =>
        microBatch.Run(rows, maxTokens => Add(rows, weights, update, maxTokens), clear);

    private double[] Add(IReadOnlyList<TokenizedRow> rows, IReadOnlyList<double> weights, long update, int maxTokens)
    {
        var losses = new double[rows.Count];
        foreach (var (number, pass) in PackedRows.Plan(rows, maxTokens, model.Device.type).Index())
        {
            using var scope = NewDisposeScope();
            using var dropping = adapter?.BeginTrainingPass(update, number);
            float[] tokenWeights = [.. pass.Members.SelectMany(i => Enumerable.Repeat((float)weights[i], rows[i].AnswerTokens))];
            AnswerLoss.Spread(Pass(pass, tensor(tokenWeights, device: model.Device)), pass, rows, losses);
            passDone?.Invoke();
        }

        return losses;
    }

    private static void Clear(CausalLanguageModel model, LoraAdapter? adapter)
    {
        Gradients.Clear(model.named_parameters().Select(p => (p.name, p.parameter)));
        if (adapter is not null)
            Gradients.Clear(adapter.NamedParameters());
    }

    /// <summary>One forward and backward pass.</summary>
    /// <param name="pass">Its rows.</param>
    /// <param name="weights">The weight of each answer token's loss, row after row, [N].</param>
    /// <returns>The loss of each answer token, [N], in the caller's dispose scope.</returns>
    public Tensor Pass(PackedRows pass, Tensor weights)
    {
        using var scope = NewDisposeScope();
        var (ids, positions, places, targets) = pass.Lay(model.Device);
        var context = model.PackedContext(positions, pass.Groups);
        var embedding = model.Stack.EmbeddingWeight;
        Tensor embedded;
        using (no_grad())
            embedded = model.Stack.Embed(ids); // [1, T, C]
        embedded.requires_grad_(embedding.requires_grad);

        var inputs = new List<Tensor>();
        var last = Layers(embedded, context, places, inputs);
        var answers = model.Stack.Normalize(last).squeeze(0); // [N, C]
        var (losses, slope) = ChunkedCrossEntropy.Compute(answers.detach(), model.HeadWeight, targets, weights);
        answers.backward([slope!]);
        var gradient = checkpointing ? BackThroughLayers(inputs, last.grad!, context, places) : embedded.grad;
        if (embedding.requires_grad)
            AddEmbeddingGradient(ids.reshape(-1), gradient!.squeeze(0));
        return losses.MoveToOuterDisposeScope();
    }

    /// <summary>Runs the layers; with checkpointing without a graph, but for the result, and with their inputs kept.</summary>
    /// <returns>[1, N, C]: the last layer only computes the places of answers.</returns>
    private Tensor Layers(Tensor hidden, ForwardContext context, Tensor places, List<Tensor> inputs)
    {
        using var noGrad = checkpointing ? no_grad() : null;
        for (var i = 0; i < model.Stack.Layers.Count; i++)
        {
            if (checkpointing)
                inputs.Add(hidden);
            hidden = model.Stack.Layers[i].Forward(hidden, context, PlacesIn(i, places));
        }

        return checkpointing ? hidden.requires_grad_() : hidden;
    }

    private Tensor? PlacesIn(int layer, Tensor places) => layer == model.Stack.Layers.Count - 1 ? places : null;

    /// <returns>The gradient by what goes into the first layer, [1, T, C].</returns>
    private Tensor BackThroughLayers(List<Tensor> inputs, Tensor gradient, ForwardContext context, Tensor places)
    {
        for (var i = inputs.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            var input = inputs[i].detach().requires_grad_();
            model.Stack.Layers[i].Forward(input, context, PlacesIn(i, places)).backward([gradient]);
            gradient.Dispose();
            gradient = input.grad!.MoveToOuterDisposeScope();
            inputs[i].Dispose();
        }

        return gradient;
    }

    // Row by row into the gradient that is there: autograd would make one of the whole vocabulary for each pass and add it.
    private void AddEmbeddingGradient(Tensor ids, Tensor gradient)
    {
        using var noGrad = no_grad();
        var weight = model.Stack.EmbeddingWeight;
        if (weight.grad is null)
            weight.grad = zeros_like(weight);
        weight.grad!.AddRows(ids, gradient);
    }
}
