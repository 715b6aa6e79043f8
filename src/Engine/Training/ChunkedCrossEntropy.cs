using Platform.Engine.Models;
using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Cross-entropy behind the output head, a few positions at a time: with a vocabulary of 152,000 the logits of one pass would need more memory
/// than the model. The gradient of a softmax is known in closed form, so each chunk's logits become its gradient in place and are gone before the next.
/// </summary>
/// <remarks>The idea of computing the gradient with the loss is that of Liger Kernel (Hsu et al., 2024, https://arxiv.org/abs/2410.10989).</remarks>
internal static class ChunkedCrossEntropy
{
    /// <summary>Most logits at once: 64 MB.</summary>
    public const int MaxLogits = 1 << 24;

    /// <summary>Computes losses and, where they are weighed, the gradient of their weighted sum.</summary>
    /// <param name="hidden">Final hidden states, [N, C].</param>
    /// <param name="head">Weight of the output head, [V, C]; when it is trained, its gradient is added to <c>head.grad</c>.</param>
    /// <param name="targets">[N], int64.</param>
    /// <param name="weights">[N], float32, the weight of each loss; null for losses without gradient.</param>
    /// <param name="maxLogits">Most logits at once; a single position may need more.</param>
    /// <returns>Losses, nats, [N] in float32; the gradient of their weighted sum by <paramref name="hidden"/>, [N, C], or null. In the caller's dispose scope.</returns>
    public static (Tensor Losses, Tensor? Gradient) Compute(Tensor hidden, Parameter head, Tensor targets, Tensor? weights, int maxLogits = MaxLogits)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var count = hidden.shape[0];
        var chunk = Math.Max(1, maxLogits / head.shape[0]);
        var (states, matrix) = LinearMap.Widens(hidden) ? (hidden.to(ScalarType.Float32), head.to(ScalarType.Float32)) : (hidden, head);
        var losses = empty(count, dtype: ScalarType.Float32, device: hidden.device);
        var gradient = weights is null ? null : empty_like(hidden);
        for (var start = 0L; start < count; start += chunk)
        {
            using var part = NewDisposeScope();
            var size = Math.Min(chunk, count - start);
            var rows = states.narrow(0, start, size);
            var target = targets.narrow(0, start, size).unsqueeze(1); // [n, 1]
            var logits = nn.functional.linear(rows, matrix).to(ScalarType.Float32); // [n, V]
            logits.sub_(logits.amax([-1], keepdim: true));
            var wanted = logits.gather(1, target);
            var sums = logits.exp_().sum(-1, keepdim: true);
            losses.narrow(0, start, size).copy_(sums.log().sub_(wanted).squeeze(1));
            if (weights is null)
                continue;

            // d loss / d logit = softmax - 1 at the target.
            var weight = weights.narrow(0, start, size).unsqueeze(1);
            var slope = logits.mul_(weight.div(sums)).scatter_add_(1, target, weight.neg()).to(matrix.dtype);
            gradient!.narrow(0, start, size).copy_(slope.matmul(matrix));
            if (head.requires_grad)
                AddHeadGradient(head, slope, rows);
        }

        return (losses.MoveToOuterDisposeScope(), gradient?.MoveToOuterDisposeScope());
    }

    private static void AddHeadGradient(Parameter head, Tensor slope, Tensor rows)
    {
        if (head.grad is not { } gradient)
            head.grad = slope.t().matmul(rows).to(head.dtype);
        else if (gradient.dtype == slope.dtype)
            gradient.addmm_(slope.t(), rows);
        else
            gradient.Add(slope.t().matmul(rows));
    }
}
