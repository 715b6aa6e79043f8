using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Native;

/// <summary>
/// Operations of a tensor with a number that hold on to the number until libtorch has read it. TorchSharp makes a native scalar of every number that is given in place of one and
/// passes its handle on; nothing refers to it from then on, so a garbage collection in that moment frees it and libtorch reads what is there by then ("Unknown scalar type", or
/// a wrong number). Sums of two tensors are among them: they have a factor, which is 1 unless it is given.
/// </summary>
internal static class LiveScalars
{
    private static readonly Scalar One = 1L.ToScalar();

    /// <summary>x · x, element by element; TorchSharp's own is a power with a scalar.</summary>
    public static Tensor Squared(this Tensor x) => x.mul(x);

    public static Tensor Plus(this Tensor x, double value) => Holding(value, scalar => x.add(scalar, One));

    public static Tensor Plus(this Tensor x, Tensor other) => x.add(other, One);

    /// <summary>x += other.</summary>
    public static Tensor Add(this Tensor x, Tensor other) => x.add_(other, One);

    /// <summary>x[indexes] += rows, along the first dimension.</summary>
    public static Tensor AddRows(this Tensor x, Tensor indexes, Tensor rows) => x.index_add_(0, indexes, rows, One);

    /// <summary>x + factor · other.</summary>
    public static Tensor Plus(this Tensor x, Tensor other, double factor) => Holding(factor, scalar => x.add(other, scalar));

    public static Tensor Times(this Tensor x, double value) => Holding(value, scalar => x.mul(scalar));

    public static Tensor Over(this Tensor x, double value) => Holding(value, scalar => x.div(scalar));

    public static Tensor AtLeast(this Tensor x, double value) => Holding(value, scalar => x.clamp_min(scalar));

    public static Tensor Add(this Tensor x, double value) => Holding(value, scalar => x.add_(scalar, One));

    /// <summary>x += factor · other.</summary>
    public static Tensor Add(this Tensor x, Tensor other, double factor) => Holding(factor, scalar => x.add_(other, scalar));

    public static Tensor Multiply(this Tensor x, double value) => Holding(value, scalar => x.mul_(scalar));

    public static Tensor Divide(this Tensor x, double value) => Holding(value, scalar => x.div_(scalar));

    public static Tensor Fill(this Tensor x, double value) => Holding(value, scalar => x.fill_(scalar));

    /// <summary>x += share · (other − x).</summary>
    public static Tensor MoveTowards(this Tensor x, Tensor other, double share)
    {
        using var weight = share.ToTensor(); // there is none with a scalar
        return x.lerp_(other, weight);
    }

    /// <summary>x += factor · one · two.</summary>
    public static Tensor AddProduct(this Tensor x, Tensor one, Tensor two, double factor) => Holding(factor, scalar => x.addcmul_(one, two, scalar));

    /// <summary>x += factor · one / two.</summary>
    public static Tensor AddQuotient(this Tensor x, Tensor one, Tensor two, double factor) => Holding(factor, scalar => x.addcdiv_(one, two, scalar));

    private static Tensor Holding(double value, Func<Scalar, Tensor> operation)
    {
        using var scalar = value.ToScalar(); // disposed behind the call, so that it is held until then
        return operation(scalar);
    }

    /// <summary>0, 1, ... below the count, int64, [count].</summary>
    public static Tensor CountUp(long count, Device device)
    {
        var numbers = new long[count];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = i;
        return tensor(numbers, device: device);
    }
}
