using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Platform.Engine.Kernels;

/// <summary>Operations on one row of a batch. What they give depends on that row alone, bit for bit.</summary>
/// <remarks>Compiled fully at once, as all kernels: the first requests would otherwise meet code that is ten times slower.</remarks>
internal static unsafe class RowOperations
{
    private const int Lanes = 8;

    // ln(2) in two parts, so that n · ln(2) loses nothing, and the polynomial of Cephes' expf (S. Moshier, netlib.org/cephes).
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float LowestExponent = -87.3f;
    private const float HighestExponent = 88;

    /// <summary>exp(x) to within two units of the last place of a float; 0 below -87.3, exp(88) above 88, NaN for NaN. The framework's own computes in double precision, at several times the cost.</summary>
    /// <param name="x">Exponents.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Exp(Vector256<float> x)
    {
        // x = n · ln(2) + r with |r| at most ln(2) / 2. The native forms give NaN for NaN in their second operand.
        var bounded = Vector256.MinNative(Vector256.Create(HighestExponent), Vector256.MaxNative(Vector256.Create(LowestExponent), x));
        var n = Vector256.Floor(Vector256.FusedMultiplyAdd(bounded, Vector256.Create(1 / 0.6931471805599453f), Vector256.Create(0.5f)));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), bounded);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.FusedMultiplyAdd(p, r * r, r + Vector256<float>.One);
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23).AsSingle();
        return Vector256.AndNot(p * power, Vector256.LessThan(x, Vector256.Create(LowestExponent)));
    }

    /// <summary>y = x / sqrt(mean(x²) + ε) · weight (RMSNorm, Zhang and Sennrich, 2019). x and y may be the same.</summary>
    /// <param name="x">[size].</param>
    /// <param name="weight">[size].</param>
    /// <param name="y">[size].</param>
    /// <param name="size">Values.</param>
    /// <param name="epsilon">ε.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* x, float* weight, float* y, int size, float epsilon)
    {
        var squares = Vector256<float>.Zero;
        var i = 0;
        for (; i + Lanes <= size; i += Lanes)
            squares = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(x + i), squares);
        var sum = Vector256.Sum(squares);
        for (; i < size; i++)
            sum = MathF.FusedMultiplyAdd(x[i], x[i], sum);
        var scale = 1 / MathF.Sqrt((sum / size) + epsilon);
        var scales = Vector256.Create(scale);
        for (i = 0; i + Lanes <= size; i += Lanes)
            (Vector256.Load(x + i) * scales * Vector256.Load(weight + i)).Store(y + i);
        for (; i < size; i++)
            y[i] = x[i] * scale * weight[i];
    }

    /// <summary>y = silu(gate) · up with silu(z) = z / (1 + exp(-z)) (SwiGLU, https://arxiv.org/abs/2002.05202). y may be one of the others.</summary>
    /// <param name="gate">[size].</param>
    /// <param name="up">[size].</param>
    /// <param name="y">[size].</param>
    /// <param name="size">Values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gate(float* gate, float* up, float* y, int size)
    {
        var i = 0;
        for (; i + Lanes <= size; i += Lanes)
        {
            var z = Vector256.Load(gate + i);
            (z / (Vector256<float>.One + Exp(-z)) * Vector256.Load(up + i)).Store(y + i);
        }

        for (; i < size; i++)
            y[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
    }

    /// <summary>Turns scores into weights that add up to 1.</summary>
    /// <param name="scores">[count], then room up to the next multiple of 16, which becomes zeros.</param>
    /// <param name="count">Scores, at least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, int count)
    {
        var padded = (count + (2 * Lanes) - 1) / (2 * Lanes) * (2 * Lanes);
        for (var i = count; i < padded; i++)
            scores[i] = float.NegativeInfinity;
        var highest = Vector256.Create(float.NegativeInfinity);
        for (var i = 0; i < padded; i += Lanes)
            highest = Vector256.Max(highest, Vector256.Load(scores + i));
        var peak = highest[0];
        for (var lane = 1; lane < Lanes; lane++)
            peak = MathF.Max(peak, highest[lane]);
        var peaks = Vector256.Create(peak);
        Vector256<float> low = Vector256<float>.Zero, high = Vector256<float>.Zero;
        for (var i = 0; i < padded; i += 2 * Lanes)
        {
            var first = Exp(Vector256.Load(scores + i) - peaks);
            var second = Exp(Vector256.Load(scores + i + Lanes) - peaks);
            first.Store(scores + i);
            second.Store(scores + i + Lanes);
            low += first;
            high += second;
        }

        var scale = Vector256.Create(1 / Vector256.Sum(low + high));
        for (var i = 0; i < padded; i += Lanes)
            (Vector256.Load(scores + i) * scale).Store(scores + i);
    }
}
