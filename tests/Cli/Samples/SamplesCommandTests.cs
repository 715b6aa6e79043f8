using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Platform.Domain.Sampling;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Cli.Tests.Samples;

public sealed class SamplesCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Samples_SwitchedOnListedExportedAndDeleted()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);

        (await CommandRun.OfAsync("samples", "on", "mood", "--share", "0.25", "--keep-days", "7", "--data", folder.Data)).Expect(0);
        await StoreAsync(folder.Data, "clean and quiet", "dirty");
        var list = (await CommandRun.OfAsync("samples", "list", "mood", "--data", folder.Data, "--json")).Expect(0).Json;
        var text = (await CommandRun.OfAsync("samples", "list", "mood", "--data", folder.Data)).Expect(0).Output;
        var file = Path.Combine(folder.Data, "mood.jsonl");
        var exported = (await CommandRun.OfAsync("samples", "export", "mood", file, "--data", folder.Data, "--json")).Expect(0).Json;
        var id = list.GetProperty("samples")[0].GetProperty("id").GetString()!;
        (await CommandRun.OfAsync("samples", "delete", "mood", id, "--data", folder.Data)).Expect(0);
        var off = (await CommandRun.OfAsync("samples", "off", "mood", "--data", folder.Data)).Expect(0).Output;
        var gone = (await CommandRun.OfAsync("samples", "delete", "mood", "--all", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.Equal((true, 0.25, 7, 2), (list.GetProperty("is_on").GetBoolean(), list.GetProperty("share").GetDouble(), list.GetProperty("keep_days").GetInt32(), list.GetProperty("total").GetInt32()));
        Assert.Contains("clean and quiet", text, StringComparison.Ordinal);
        Assert.Contains("25 % of the requests are kept for 7 days; 2 samples", text, StringComparison.Ordinal);
        Assert.Equal(2, exported.GetProperty("samples").GetInt32());
        Assert.Equal(2, (await File.ReadAllLinesAsync(file, Cancellation)).Length);
        Assert.Contains("1 samples stay until they expire", off, StringComparison.Ordinal);
        Assert.Equal(1, gone.GetProperty("deleted").GetInt32());
    }

    [Fact]
    public async Task Samples_WrongUse_IsRefusedWithAMend()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);

        Assert.Contains("Name one sample, or say --all", (await CommandRun.OfAsync("samples", "delete", "mood", "--data", folder.Data)).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("more than 0 and at most 1", (await CommandRun.OfAsync("samples", "on", "mood", "--share", "25", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("There is no task 'nobody'", (await CommandRun.OfAsync("samples", "list", "nobody", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    /// <summary>As the Api does it.</summary>
    private static async Task StoreAsync(string data, params string[] texts)
    {
        await using var services = new ServiceCollection().AddLogging()
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection([new("Platform:DataPath", data)]).Build()).BuildServiceProvider();
        var task = (await services.GetRequiredService<TaskCatalog>().FindAsync(Actor.System("api"), "mood", Cancellation)).Value;
        await services.GetRequiredService<RequestSamples>().AddAsync(
            [.. texts.Select((text, index) => new SampleDraft(task.Id, "req_1", index, DateTimeOffset.UtcNow, 1, 0.8, false, new SampleText(text, null, "good")))], Cancellation);
    }
}
