using Platform.Cli.Start;

namespace Platform.Cli.Tests.Start;

public sealed class AllocatorTests
{
    [Fact]
    public void Find_LibraryInOneOfTheFolders_IsItsPath()
    {
        using var folder = new TestFolder();
        Assert.Null(Allocator.Find(["/nowhere", folder.Root]));

        var library = folder.Write("libtcmalloc_minimal.so.4", "");

        Assert.Equal(library, Allocator.Find(["/nowhere", folder.Root]));
    }

    [Fact]
    public void Use_NothingPreloaded_SetsIt()
    {
        var environment = new Dictionary<string, string?>();

        Allocator.Use(environment, null);
        Assert.Empty(environment);
        Allocator.Use(environment, "/lib/a.so");

        Assert.Equal("/lib/a.so", environment["LD_PRELOAD"]);
    }

    [Fact]
    public void Use_SomethingPreloaded_IsLeftAlone()
    {
        var environment = new Dictionary<string, string?> { ["LD_PRELOAD"] = "/lib/mine.so" };

        Allocator.Use(environment, "/lib/a.so");

        Assert.Equal("/lib/mine.so", environment["LD_PRELOAD"]);
    }
}
