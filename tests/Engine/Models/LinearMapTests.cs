using Platform.Engine.Models;
using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Models;

public sealed class LinearMapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void Apply_BFloat16_IsTheFloat32ProductRounded(int rows)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var input = randn([rows, 64], generator: generator).to(ScalarType.BFloat16);
        var weight = randn([32, 64], generator: generator).to(ScalarType.BFloat16);
        var bias = randn([32], generator: generator).to(ScalarType.BFloat16);
        var exact = nn.functional.linear(input.to(ScalarType.Float32), weight.to(ScalarType.Float32), bias.to(ScalarType.Float32));

        var result = LinearMap.Apply(input, weight, bias);

        Assert.Equal(ScalarType.BFloat16, result.dtype);
        Assert.InRange(result.to(ScalarType.Float32).sub(exact).abs().div(exact.abs().add(0.1)).max().ToDouble(), 0, 1.0 / 128); // 8 bits
    }

    [Fact]
    public void Widens_Float32_Never() => Assert.False(LinearMap.Widens(zeros(16, 4)));

    [Theory]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512_bf16 sse", true)]
    [InlineData("flags\t\t: fpu amx_bf16 amx_tile", true)]
    [InlineData("Features\t: fp asimd bf16 i8mm\n", true)]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512_vnni", false)]
    public void Names_CpuInfo_FindsTheInstructions(string cpuInfo, bool expected) => Assert.Equal(expected, CpuInstructions.Names(cpuInfo));
}
