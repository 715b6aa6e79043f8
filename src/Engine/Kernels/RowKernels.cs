using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Platform.Engine.Kernels;

/// <summary>
/// Adds x·Wᵀ to y for a few rows and one panel or several. Every sum runs over the inputs one after the other, whatever the number of
/// rows: a row's result never depends on its neighbours, bit for bit.
/// </summary>
internal static unsafe class RowKernels
{
    /// <summary>Six rows, one panel: 12 sums in registers, as many as 16 registers allow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Six<T>(byte* panel, int from, int count, float* x, nint stride, float* y, nint yStride) where T : IPanel
    {
        float* x0 = x + from, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride, x4 = x3 + stride, x5 = x4 + stride;
        float* y0 = y, y1 = y0 + yStride, y2 = y1 + yStride, y3 = y2 + yStride, y4 = y3 + yStride, y5 = y4 + yStride;
        Vector256<float> l0 = Vector256.Load(y0), h0 = Vector256.Load(y0 + 8), l1 = Vector256.Load(y1), h1 = Vector256.Load(y1 + 8);
        Vector256<float> l2 = Vector256.Load(y2), h2 = Vector256.Load(y2 + 8), l3 = Vector256.Load(y3), h3 = Vector256.Load(y3 + 8);
        Vector256<float> l4 = Vector256.Load(y4), h4 = Vector256.Load(y4 + 8), l5 = Vector256.Load(y5), h5 = Vector256.Load(y5 + 8);
        for (var k = 0; k < count; k++)
        {
            T.Load(panel, from + k, out var low, out var high);
            var a = Vector256.Create(x0[k]);
            l0 = Vector256.FusedMultiplyAdd(a, low, l0);
            h0 = Vector256.FusedMultiplyAdd(a, high, h0);
            a = Vector256.Create(x1[k]);
            l1 = Vector256.FusedMultiplyAdd(a, low, l1);
            h1 = Vector256.FusedMultiplyAdd(a, high, h1);
            a = Vector256.Create(x2[k]);
            l2 = Vector256.FusedMultiplyAdd(a, low, l2);
            h2 = Vector256.FusedMultiplyAdd(a, high, h2);
            a = Vector256.Create(x3[k]);
            l3 = Vector256.FusedMultiplyAdd(a, low, l3);
            h3 = Vector256.FusedMultiplyAdd(a, high, h3);
            a = Vector256.Create(x4[k]);
            l4 = Vector256.FusedMultiplyAdd(a, low, l4);
            h4 = Vector256.FusedMultiplyAdd(a, high, h4);
            a = Vector256.Create(x5[k]);
            l5 = Vector256.FusedMultiplyAdd(a, low, l5);
            h5 = Vector256.FusedMultiplyAdd(a, high, h5);
        }

        l0.Store(y0);
        h0.Store(y0 + 8);
        l1.Store(y1);
        h1.Store(y1 + 8);
        l2.Store(y2);
        h2.Store(y2 + 8);
        l3.Store(y3);
        h3.Store(y3 + 8);
        l4.Store(y4);
        h4.Store(y4 + 8);
        l5.Store(y5);
        h5.Store(y5 + 8);
    }

    /// <summary>Four rows, one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four<T>(byte* panel, int from, int count, float* x, nint stride, float* y, nint yStride) where T : IPanel
    {
        float* x0 = x + from, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
        float* y0 = y, y1 = y0 + yStride, y2 = y1 + yStride, y3 = y2 + yStride;
        Vector256<float> l0 = Vector256.Load(y0), h0 = Vector256.Load(y0 + 8), l1 = Vector256.Load(y1), h1 = Vector256.Load(y1 + 8);
        Vector256<float> l2 = Vector256.Load(y2), h2 = Vector256.Load(y2 + 8), l3 = Vector256.Load(y3), h3 = Vector256.Load(y3 + 8);
        for (var k = 0; k < count; k++)
        {
            T.Load(panel, from + k, out var low, out var high);
            var a = Vector256.Create(x0[k]);
            l0 = Vector256.FusedMultiplyAdd(a, low, l0);
            h0 = Vector256.FusedMultiplyAdd(a, high, h0);
            a = Vector256.Create(x1[k]);
            l1 = Vector256.FusedMultiplyAdd(a, low, l1);
            h1 = Vector256.FusedMultiplyAdd(a, high, h1);
            a = Vector256.Create(x2[k]);
            l2 = Vector256.FusedMultiplyAdd(a, low, l2);
            h2 = Vector256.FusedMultiplyAdd(a, high, h2);
            a = Vector256.Create(x3[k]);
            l3 = Vector256.FusedMultiplyAdd(a, low, l3);
            h3 = Vector256.FusedMultiplyAdd(a, high, h3);
        }

        l0.Store(y0);
        h0.Store(y0 + 8);
        l1.Store(y1);
        h1.Store(y1 + 8);
        l2.Store(y2);
        h2.Store(y2 + 8);
        l3.Store(y3);
        h3.Store(y3 + 8);
    }

    /// <summary>Two rows, two panels that follow each other: fewer rows leave room for more panels, which hides the latency of the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoByTwo<T>(byte* panel, nint panelBytes, int from, int count, float* x, nint stride, float* y, nint yStride) where T : IPanel
    {
        float* x0 = x + from, x1 = x0 + stride;
        var next = panel + panelBytes;
        float* y0 = y, y1 = y0 + yStride;
        Vector256<float> a0 = Vector256.Load(y0), b0 = Vector256.Load(y0 + 8), c0 = Vector256.Load(y0 + 16), d0 = Vector256.Load(y0 + 24);
        Vector256<float> a1 = Vector256.Load(y1), b1 = Vector256.Load(y1 + 8), c1 = Vector256.Load(y1 + 16), d1 = Vector256.Load(y1 + 24);
        for (var k = 0; k < count; k++)
        {
            T.Load(panel, from + k, out var a, out var b);
            T.Load(next, from + k, out var c, out var d);
            var value = Vector256.Create(x0[k]);
            a0 = Vector256.FusedMultiplyAdd(value, a, a0);
            b0 = Vector256.FusedMultiplyAdd(value, b, b0);
            c0 = Vector256.FusedMultiplyAdd(value, c, c0);
            d0 = Vector256.FusedMultiplyAdd(value, d, d0);
            value = Vector256.Create(x1[k]);
            a1 = Vector256.FusedMultiplyAdd(value, a, a1);
            b1 = Vector256.FusedMultiplyAdd(value, b, b1);
            c1 = Vector256.FusedMultiplyAdd(value, c, c1);
            d1 = Vector256.FusedMultiplyAdd(value, d, d1);
        }

        a0.Store(y0);
        b0.Store(y0 + 8);
        c0.Store(y0 + 16);
        d0.Store(y0 + 24);
        a1.Store(y1);
        b1.Store(y1 + 8);
        c1.Store(y1 + 16);
        d1.Store(y1 + 24);
    }

    /// <summary>One row, four panels that follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneByFour<T>(byte* panel, nint panelBytes, int from, int count, float* x, float* y) where T : IPanel
    {
        var x0 = x + from;
        byte* second = panel + panelBytes, third = second + panelBytes, fourth = third + panelBytes;
        Vector256<float> a = Vector256.Load(y), b = Vector256.Load(y + 8), c = Vector256.Load(y + 16), d = Vector256.Load(y + 24);
        Vector256<float> e = Vector256.Load(y + 32), f = Vector256.Load(y + 40), g = Vector256.Load(y + 48), h = Vector256.Load(y + 56);
        for (var k = 0; k < count; k++)
        {
            var value = Vector256.Create(x0[k]);
            T.Load(panel, from + k, out var low, out var high);
            a = Vector256.FusedMultiplyAdd(value, low, a);
            b = Vector256.FusedMultiplyAdd(value, high, b);
            T.Load(second, from + k, out low, out high);
            c = Vector256.FusedMultiplyAdd(value, low, c);
            d = Vector256.FusedMultiplyAdd(value, high, d);
            T.Load(third, from + k, out low, out high);
            e = Vector256.FusedMultiplyAdd(value, low, e);
            f = Vector256.FusedMultiplyAdd(value, high, f);
            T.Load(fourth, from + k, out low, out high);
            g = Vector256.FusedMultiplyAdd(value, low, g);
            h = Vector256.FusedMultiplyAdd(value, high, h);
        }

        a.Store(y);
        b.Store(y + 8);
        c.Store(y + 16);
        d.Store(y + 24);
        e.Store(y + 32);
        f.Store(y + 40);
        g.Store(y + 48);
        h.Store(y + 56);
    }

    /// <summary>One row, one panel: what is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<T>(byte* panel, int from, int count, float* x, float* y) where T : IPanel
    {
        var x0 = x + from;
        Vector256<float> low = Vector256.Load(y), high = Vector256.Load(y + 8);
        for (var k = 0; k < count; k++)
        {
            T.Load(panel, from + k, out var a, out var b);
            var value = Vector256.Create(x0[k]);
            low = Vector256.FusedMultiplyAdd(value, a, low);
            high = Vector256.FusedMultiplyAdd(value, b, high);
        }

        low.Store(y);
        high.Store(y + 8);
    }
}
