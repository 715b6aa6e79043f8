using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/): momentum whose update is made orthogonal by five steps of a
/// Newton-Schulz iteration. For the matrices inside the layers only; embeddings and norms go to <see cref="AdamW"/>.
/// </summary>
/// <remarks>Owns one momentum tensor for each weight. In pre-training it needs clearly fewer tokens than AdamW for the same loss.</remarks>
internal sealed class Muon : IDisposable
{
    private const double Momentum = 0.95;

    private readonly List<(string Name, Parameter Parameter, Tensor Velocity)> _slots;

    /// <param name="parameters">Name and matrix.</param>
    public Muon(IEnumerable<(string Name, Parameter Parameter)> parameters) =>
        _slots = [.. parameters.Select(p => (p.Name, p.Parameter, zeros_like(p.Parameter).DetachFromDisposeScope()))];

    /// <summary>The momenta under the names that a checkpoint uses.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State() => _slots.Select(s => ($"muon.{s.Name}", s.Velocity));

    /// <summary>Makes one update from the gradients and clears them.</summary>
    /// <param name="learningRate">Size of the update, as root mean square per entry times √max(1, rows / columns).</param>
    /// <param name="weightDecay">Share of a weight that an update takes away, per unit of learning rate (decoupled, as in AdamW).</param>
    public void Step(double learningRate, double weightDecay)
    {
        using var noGrad = no_grad();
        foreach (var (_, parameter, velocity) in _slots)
        {
            using var scope = NewDisposeScope();
            var gradient = parameter.grad!;
            velocity.Multiply(Momentum).Add(gradient, 1 - Momentum);
            var direction = Orthogonalize(gradient.Times(1 - Momentum).Add(velocity, Momentum)); // Nesterov
            var scale = Math.Sqrt(Math.Max(1.0, parameter.shape[0] / (double)parameter.shape[1]));
            parameter.Multiply(1 - (learningRate * weightDecay)).Add(direction, -learningRate * scale);
            parameter.grad = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Velocity.Dispose();
    }

    /// <summary>An approximation of U·Vᵀ, where U·S·Vᵀ is the singular value decomposition of <paramref name="matrix"/>.</summary>
    private static Tensor Orthogonalize(Tensor matrix)
    {
        // Coefficients of the published quintic: they push all singular values into about [0.7, 1.2] in five rounds.
        const double a = 3.4445, b = -4.7750, c = 2.0315;
        var tall = matrix.shape[0] > matrix.shape[1];
        var x = tall ? matrix.t() : matrix;
        x = x.div(x.norm().Plus(1e-7));
        for (var i = 0; i < 5; i++)
        {
            var gram = x.matmul(x.t());
            var polynomial = gram.Times(b).Plus(gram.matmul(gram), c);
            x = x.Times(a).Plus(polynomial.matmul(x));
        }

        return tall ? x.t() : x;
    }
}
