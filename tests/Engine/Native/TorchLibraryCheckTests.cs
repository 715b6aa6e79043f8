using Platform.Engine.Native;

namespace Platform.Engine.Tests.Native;

public sealed class TorchLibraryCheckTests
{
    private static readonly string[] Names = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    [Fact]
    public void Compare_PackagedLibtorch_NothingMissing()
    {
        var (torchSharp, folder) = Packaged();

        var (called, missing) = TorchLibraryCheck.Compare(torchSharp, Names.Select(name => Path.Combine(folder, name)).Where(File.Exists));

        Assert.Empty(missing);
        Assert.True(called > 1_000, $"Only {called} functions of libtorch were found in {torchSharp}.");
    }

    [Fact]
    public void Refuse_LibraryWithoutTheOperators_NamesVariableFolderAndFunctions()
    {
        var (torchSharp, folder) = Packaged();
        string[] incomplete = [Path.Combine(folder, "libc10.so")];

        var error = Assert.Throws<InvalidOperationException>(() => TorchLibraryCheck.Refuse(torchSharp, "/opt/another", incomplete));

        Assert.StartsWith("PLATFORM_LIBTORCH=/opt/another: this libtorch does not fit", error.Message, StringComparison.Ordinal);
        Assert.Contains("at::", error.Message, StringComparison.Ordinal);
        Assert.Contains("unset the variable", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_NotALibrary_NamesTheFile()
    {
        var (torchSharp, _) = Packaged();
        using var folder = new TemporaryFolder();
        var text = Path.Combine(folder.Path, "libtorch_cpu.so");
        File.WriteAllText(text, new string('x', 100));

        var error = Assert.Throws<InvalidDataException>(() => TorchLibraryCheck.Compare(torchSharp, [text]));

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_ZN2at4_ops10add_Tensor4callERKNS_6TensorES4_RKN3c106ScalarE", "at::_ops::add_Tensor::call")]
    [InlineData("_ZNK3c1010TensorImpl4sizeEv", "c10::TensorImpl::size")]
    [InlineData("_ZTVN5torch8autograd4NodeE", "torch::autograd::Node")]
    [InlineData("plain", "plain")]
    public void Readable_MangledName_NestedName(string symbol, string name) => Assert.Equal(name, TorchLibraryCheck.Readable(symbol));

    private static (string TorchSharp, string Folder) Packaged()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Shared libraries are read on Linux only.");
        var torchSharp = TorchLibraryCheck.FindTorchSharp();
        Assert.NotNull(torchSharp);
        return (torchSharp, Path.GetDirectoryName(torchSharp)!);
    }
}
