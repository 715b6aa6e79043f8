namespace Platform.Cli.Tests;

/// <summary>The folder of reference fixtures that lies beside the project where there is one.</summary>
internal static class SharedFolder
{
    /// <summary>Path of a fixture; skips the test, saying so, where there is none.</summary>
    public static string Require(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                continue;
            var path = Path.Combine(folder.Parent!.FullName, "shared", relative);
            if (Path.Exists(path))
                return path;
        }

        Assert.Skip($"../shared/{relative} is not here; this check needs it.");
        return "";
    }
}
