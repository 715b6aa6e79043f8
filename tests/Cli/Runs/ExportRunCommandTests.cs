using Microsoft.Extensions.DependencyInjection;
using Platform.Cli.Session;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Cli.Tests.Runs;

public sealed class ExportRunCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExportAndImport_ARecipe_QueueARunThatBeginsWithTheResult()
    {
        using var folder = new TestFolder();
        await ReadyAsync(folder);
        var recipe = folder.Write("recipe.yaml", "version: 2\nexamplesBudget: 12\nminTrainRows: 0\nstage2:\n  share: 0\n");

        Assert.Contains("--filter none", (await ExportAsync(folder, recipe)).Expect(1).Error, StringComparison.Ordinal);
        var exported = (await ExportAsync(folder, recipe, "--filter", "none")).Expect(0).Json;
        Assert.Equal(12, exported.GetProperty("stages")[0].GetProperty("examples").GetInt32());
        Assert.Contains("not an empty folder", (await ExportAsync(folder, recipe, "--filter", "none")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("There is no run 7", (await CommandRun.OfAsync("export-run", folder.At("other"), "--run", "7", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);

        var basis = Base();
        var imported = (await CommandRun.OfAsync("import-run", folder.At("out"), basis, "--follow", "false", "--name", "big", "--data", folder.Data, "--json")).Expect(0).Json;
        var shown = (await CommandRun.OfAsync("status", "1", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Equal(1, imported.GetProperty("run").GetInt32());
        Assert.Contains("big", shown.ToString(), StringComparison.Ordinal);
        await File.AppendAllTextAsync(folder.At("out", "manifest.json"), " ", Cancellation);
        Assert.Contains("manifest.json was changed", (await CommandRun.OfAsync("import-run", folder.At("out"), basis, "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give one of --run RUN and --recipe FILE.", "export-run", "out")]
    [InlineData("Give one of --run RUN and --recipe FILE.", "export-run", "out", "--run", "1", "--recipe", "r.yaml")]
    [InlineData("--run takes tasks, base model and filter from the run", "export-run", "out", "mood", "--run", "1")]
    [InlineData("'4'", "export-run", "out", "--run", "1", "--stage", "4")]
    [InlineData("RESULT", "import-run", "out")]
    public async Task Command_WrongLine_SaysWhatIsMissing(string expected, params string[] arguments)
    {
        var run = (await CommandRun.OfAsync(arguments)).Expect(2);

        Assert.Contains(expected, run.Error + run.Output, StringComparison.OrdinalIgnoreCase);
    }

    private static Task<CommandRun> ExportAsync(TestFolder folder, string recipe, params string[] more) =>
        CommandRun.OfAsync(["export-run", folder.At("out"), "mood", "--recipe", recipe, "--data", folder.Data, "--json", .. more]);

    /// <summary>A task with checked data.</summary>
    private static async Task ReadyAsync(TestFolder folder)
    {
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
        await using var services = new ServiceCollection().AddLogging().AddPlatformDomain(PlatformSession.Settings(folder.Data)).BuildServiceProvider();
        var admin = Actor.System("test");
        var task = (await services.GetRequiredService<TaskCatalog>().FindAsync(admin, "mood", Cancellation)).Value;
        var data = (await services.GetRequiredService<DatasetQueries>().NewestByTaskAsync(admin, Cancellation))[task.Id];
        var check = (await services.GetRequiredService<WorkClaims>().TryClaimAsync<DatasetVersion>(data.Id, "jobs", Cancellation))!;
        await services.GetRequiredService<DatasetChecks>().RunAsync(check, _ => new CheckLimits(null, 0), Cancellation);
    }

    private static string Base()
    {
        var place = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(place.FullName, "Platform.sln")))
            place = place.Parent!;
        return Path.Combine(place.FullName, "models", "base");
    }
}
