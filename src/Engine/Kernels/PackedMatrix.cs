using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Platform.Engine.Kernels;

/// <summary>The weights of a linear map y = x·Wᵀ + b, laid out for products with few or many rows.</summary>
/// <remarks>
/// A row of the result is the same, bit for bit, alone and among any others: every sum runs over the inputs in order, in float32 with
/// fused multiply-add. That is what makes answers independent of the load.
/// </remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    /// <summary>Outputs of a panel.</summary>
    public const int PanelWidth = 16;

    private const int GroupPanels = 4;
    private const int BlockInputs = 256; // of one panel in float32: half of a usual first-level cache

    private readonly NativeBuffer<byte> _panels;
    private readonly NativeBuffer<float>? _bias;
    private readonly nint _panelBytes;
    private readonly ProductWork _work;

    /// <summary>Makes a matrix of zeros; see <see cref="SetRows"/>.</summary>
    /// <param name="outputs">Outputs.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="type">How the weights are stored.</param>
    /// <param name="bias">One value for each output, or null.</param>
    public PackedMatrix(int outputs, int inputs, WeightType type, ReadOnlySpan<float> bias = default)
    {
        (Outputs, Inputs, Type) = (outputs, inputs, type);
        _panelBytes = (nint)(type switch
        {
            WeightType.Float32 => Float32Panel.Bytes(inputs),
            WeightType.BFloat16 => BFloat16Panel.Bytes(inputs),
            WeightType.Int8 => Int8Panel.Bytes(inputs),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown type of weights."),
        });
        _panels = new NativeBuffer<byte>(Panels * (long)_panelBytes);
        if (!bias.IsEmpty)
        {
            _bias = new NativeBuffer<float>(PaddedOutputs);
            bias.CopyTo(new Span<float>(_bias.Pointer, outputs));
        }

        _work = type switch
        {
            WeightType.Float32 => new ProductWork<Float32Panel>(this),
            WeightType.BFloat16 => new ProductWork<BFloat16Panel>(this),
            _ => new ProductWork<Int8Panel>(this),
        };
    }

    /// <summary>Outputs.</summary>
    public int Outputs { get; }

    /// <summary>Inputs.</summary>
    public int Inputs { get; }

    /// <summary>How the weights are stored.</summary>
    public WeightType Type { get; }

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias => _bias is not null;

    /// <summary>Outputs with the padding that a product writes too.</summary>
    public int PaddedOutputs => Panels * PanelWidth;

    /// <summary>Bytes in memory.</summary>
    public long SizeBytes => _panels.SizeBytes + (_bias?.SizeBytes ?? 0);

    private int Panels => (Outputs + PanelWidth - 1) / PanelWidth;

    /// <summary>Sets the weights of some outputs.</summary>
    /// <param name="first">Index of the first output.</param>
    /// <param name="weights">[outputs, inputs].</param>
    public void SetRows(int first, ReadOnlySpan<float> weights)
    {
        var rows = weights.Length / Inputs;
        if (weights.Length % Inputs != 0 || first < 0 || first + rows > Outputs)
            throw new ArgumentException($"{weights.Length} weights from output {first} on do not fit a matrix of {Outputs} x {Inputs}.", nameof(weights));
        for (var row = 0; row < rows; row++)
        {
            var panel = _panels.Pointer + ((first + row) / PanelWidth * _panelBytes);
            _work.Store(panel, (first + row) % PanelWidth, weights.Slice(row * Inputs, Inputs));
        }
    }

    /// <summary>Copies the weights of one output, for instance the embedding of a token under a tied head.</summary>
    /// <param name="output">Its index.</param>
    /// <param name="weights">Room for <see cref="Inputs"/> values.</param>
    public void GetRow(int output, float* weights) => _work.GetRow(_panels.Pointer + (output / PanelWidth * _panelBytes), output % PanelWidth, weights);

    /// <summary>y += b, for a product that was added.</summary>
    /// <param name="y">[outputs].</param>
    public void AddBias(float* y)
    {
        for (var o = 0; o < Outputs; o++)
            y[o] += _bias!.Pointer[o];
    }

    /// <summary>One value of a product: the same bits as <see cref="Multiply"/> gives.</summary>
    /// <param name="x">[inputs].</param>
    /// <param name="output">Index of the output.</param>
    public float Dot(float* x, int output)
    {
        var sum = _bias is null ? 0 : _bias.Pointer[output];
        return _work.Dot(_panels.Pointer + (output / PanelWidth * _panelBytes), output % PanelWidth, x, sum);
    }

    /// <summary>y = x·Wᵀ + b, or y += x·Wᵀ.</summary>
    /// <param name="team">Who computes it.</param>
    /// <param name="x">[rows, xStride], inputs first.</param>
    /// <param name="xStride">Floats from one row of x to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">[rows, yStride]; <see cref="PaddedOutputs"/> values of each row are written, the padding with zeros or, adding, unchanged.</param>
    /// <param name="yStride">Floats from one row of y to the next.</param>
    /// <param name="add">Whether to add to y; the bias is then left out.</param>
    public void Multiply(ThreadTeam team, float* x, int xStride, int rows, float* y, int yStride, bool add = false)
    {
        // Panels go to threads in groups; a group is never split, as its rows of x are then in the cache.
        var groups = (Panels + GroupPanels - 1) / GroupPanels;
        var perChunk = Math.Max(1, groups / (team.Threads * 8));
        _work.Set(x, xStride, rows, y, yStride, add, perChunk);
        team.Run(_work, (groups + perChunk - 1) / perChunk);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _panels.Dispose();
        _bias?.Dispose();
    }

    private abstract class ProductWork : ParallelWork
    {
        protected float* X { get; private set; }

        protected nint XStride { get; private set; }

        protected int Rows { get; private set; }

        protected float* Y { get; private set; }

        protected nint YStride { get; private set; }

        protected bool Add { get; private set; }

        protected int PerChunk { get; private set; }

        public void Set(float* x, int xStride, int rows, float* y, int yStride, bool add, int perChunk)
        {
            X = x;
            Y = y;
            (XStride, Rows, YStride, Add, PerChunk) = (xStride, rows, yStride, add, perChunk);
        }

        public abstract void Store(byte* panel, int column, ReadOnlySpan<float> weights);

        public abstract void GetRow(byte* panel, int column, float* weights);

        public abstract float Dot(byte* panel, int column, float* x, float sum);
    }

    private sealed class ProductWork<T>(PackedMatrix matrix) : ProductWork where T : IPanel
    {
        public override void Store(byte* panel, int column, ReadOnlySpan<float> weights) => T.Store(panel, column, weights);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void GetRow(byte* panel, int column, float* weights)
        {
            for (var k = 0; k < matrix.Inputs; k++)
                weights[k] = T.At(panel, k, column);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override float Dot(byte* panel, int column, float* x, float sum)
        {
            for (var k = 0; k < matrix.Inputs; k++)
                sum = MathF.FusedMultiplyAdd(x[k], T.At(panel, k, column), sum);
            return sum;
        }

        public override void Do(int chunk, int thread)
        {
            var first = chunk * PerChunk * GroupPanels;
            var end = Math.Min(matrix.Panels, first + (PerChunk * GroupPanels));
            for (var panel = first; panel < end; panel += GroupPanels)
                Group(panel, Math.Min(GroupPanels, end - panel));
        }

        private void Group(int first, int panels)
        {
            var y = Y + (first * PanelWidth);
            if (!Add)
                Begin(first, panels, y);
            var weights = matrix._panels.Pointer + (first * matrix._panelBytes);
            var (sixes, fours) = Split(Rows & ~1);
            for (var from = 0; from < matrix.Inputs; from += BlockInputs)
            {
                var count = Math.Min(BlockInputs, matrix.Inputs - from);
                var row = (sixes * 6) + (fours * 4);
                for (var panel = 0; panel < panels; panel++)
                    Blocks(weights + (panel * matrix._panelBytes), from, count, sixes, fours, y + (panel * PanelWidth));
                for (; row + 2 <= Rows; row += 2)
                    Pair(weights, panels, from, count, row, y);
                if (row < Rows)
                    Single(weights, panels, from, count, row, y);
            }
        }

        /// <summary>An even number of rows as sixes and fours; two rows are neither.</summary>
        private static (int Sixes, int Fours) Split(int rows) => (rows % 6) switch
        {
            0 => (rows / 6, 0),
            4 => (rows / 6, 1),
            _ => rows < 8 ? (0, 0) : ((rows / 6) - 1, 2), // 8, 14, 20, ...
        };

        private void Begin(int first, int panels, float* y)
        {
            for (var row = 0; row < Rows; row++)
            {
                var target = new Span<float>(y + (row * YStride), panels * PanelWidth);
                if (matrix._bias is { } bias)
                    new ReadOnlySpan<float>(bias.Pointer + (first * PanelWidth), target.Length).CopyTo(target);
                else
                    target.Clear();
            }
        }

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Blocks(byte* panel, int from, int count, int sixes, int fours, float* y)
        {
            if (typeof(T) == typeof(Int8Panel) && sixes + fours > 1)
            {
                // Widening bytes takes longer than the sums of a few rows, so it is done once for all of them. The weights are the same bits.
                var wide = stackalloc float[BlockInputs * PanelWidth];
                for (var k = 0; k < count; k++)
                {
                    T.Load(panel, from + k, out var low, out var high);
                    low.Store(wide + (k * PanelWidth));
                    high.Store(wide + (k * PanelWidth) + 8);
                }

                Blocks<Float32Panel>((byte*)wide, 0, count, X + from, sixes, fours, y);
                return;
            }

            Blocks<T>(panel, from, count, X, sixes, fours, y);
        }

        private void Blocks<TPanel>(byte* panel, int from, int count, float* x, int sixes, int fours, float* y) where TPanel : IPanel
        {
            var row = y;
            for (var i = 0; i < sixes; i++, x += 6 * XStride, row += 6 * YStride)
                RowKernels.Six<TPanel>(panel, from, count, x, XStride, row, YStride);
            for (var i = 0; i < fours; i++, x += 4 * XStride, row += 4 * YStride)
                RowKernels.Four<TPanel>(panel, from, count, x, XStride, row, YStride);
        }

        private void Pair(byte* weights, int panels, int from, int count, int row, float* y)
        {
            float* x = X + (row * XStride), target = y + (row * YStride);
            var panel = 0;
            for (; panel + 2 <= panels; panel += 2)
                RowKernels.TwoByTwo<T>(weights + (panel * matrix._panelBytes), matrix._panelBytes, from, count, x, XStride, target + (panel * PanelWidth), YStride);
            if (panel == panels)
                return;
            RowKernels.One<T>(weights + (panel * matrix._panelBytes), from, count, x, target + (panel * PanelWidth));
            RowKernels.One<T>(weights + (panel * matrix._panelBytes), from, count, x + XStride, target + YStride + (panel * PanelWidth));
        }

        private void Single(byte* weights, int panels, int from, int count, int row, float* y)
        {
            float* x = X + (row * XStride), target = y + (row * YStride);
            if (panels == GroupPanels)
            {
                RowKernels.OneByFour<T>(weights, matrix._panelBytes, from, count, x, target);
                return;
            }

            for (var panel = 0; panel < panels; panel++)
                RowKernels.One<T>(weights + (panel * matrix._panelBytes), from, count, x, target + (panel * PanelWidth));
        }
    }
}
