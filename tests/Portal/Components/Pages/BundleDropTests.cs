using System.Text;
using Bunit;
using Microsoft.JSInterop;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Tasks;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class BundleDropTests
{
    private static readonly string[] Names = ["train.jsonl", "validation.jsonl", "test.jsonl"];
    private static readonly string[] SplitNames = ["train", "validation", "test"];

    [Fact]
    public async Task RegisterTask_BundleDropped_FillsTheFormInAndRegistersIt()
    {
        await using var context = await PortalContext.CreateAsync();
        var page = await OpenAsync(context);

        await TakeAsync(page, """{"name": "hotel-mood", "kind": "classification", "instruction": "Glad or cross?", "labels": ["glad", "cross"], "metric": "f1:glad", "tolerance": 0.03, "origin": "survey"}""", Names, SplitNames);

        Assert.Contains("Its data (train.jsonl, validation.jsonl, test.jsonl) follows", page.Markup, StringComparison.Ordinal);
        Assert.Equal("hotel-mood", page.FindByLabel("Name").GetAttribute("value"));
        Assert.Equal("glad", page.FindByLabel("Labels of the metric").GetAttribute("value"));
        await page.Find("form").SubmitAsync();
        var task = (await context.World.Get<TaskCatalog>().FindAsync(World.Platform, "hotel-mood", TestContext.Current.CancellationToken)).Value;
        Assert.Equal(("f1:glad", 0.03, "Glad or cross?"), (task.Metric, task.Tolerance, task.Instruction));
        Assert.Equal("""{"origin":"survey"}""", task.ExtraJson!.Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains(context.JSInterop.Invocations, call => call.Identifier == "handOver" && Equals(call.Arguments[0], "hotel-mood"));
    }

    [Fact]
    public async Task RegisterTask_BundleAgainstTheRules_SaysItAtTheFields()
    {
        await using var context = await PortalContext.CreateAsync();
        var page = await OpenAsync(context);

        await TakeAsync(page, """{"name": "Hotel Mood", "kind": "guessing", "instruction": "Glad or cross?", "labels": ["glad"], "metric": "loudness"}""", ["train.jsonl"], ["train"]);

        Assert.Contains("The name 'Hotel Mood' must be", page.Markup, StringComparison.Ordinal);
        Assert.Contains("The kind 'guessing' is unknown; use one of", page.Markup, StringComparison.Ordinal);
        Assert.Contains("The metric 'loudness' is unknown; use one of", page.Markup, StringComparison.Ordinal);
        Assert.Contains("It holds no file for validation and test", page.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name": "hotel-mood", "labels": "glad"}""", "task.json: the field &#x27;labels&#x27; must be a list of strings")]
    [InlineData("{", "task.json, line 1: this is not valid JSON")]
    public async Task RegisterTask_UnreadableTaskFile_LeavesTheFormAsItWas(string json, string problem)
    {
        await using var context = await PortalContext.CreateAsync();
        var page = await OpenAsync(context);
        await page.FindByLabel("Instruction").ChangeAsync("Typed by hand.");

        await TakeAsync(page, json, Names, SplitNames);

        Assert.Contains(System.Net.WebUtility.HtmlDecode(problem), page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Typed by hand.", page.Markup, StringComparison.Ordinal);
    }

    private static async Task<IRenderedComponent<RegisterTask>> OpenAsync(PortalContext context)
    {
        var user = await context.SignInAsync(isAdmin: false);
        await context.World.AddTeamAsync("hotels", "Hotels", user);
        var page = context.Render<RegisterTask>();
        page.WaitForElement("form");
        return page;
    }

    /// <summary>What the script calls once it has read a drop.</summary>
    private static Task TakeAsync(IRenderedComponent<RegisterTask> page, string json, string[] names, string[] splits) =>
        page.InvokeAsync(() => page.FindComponent<BundleDrop>().Instance.TakeAsync(new Dropped(json), names, splits));

    private sealed class Dropped(string text) : IJSStreamReference
    {
        private readonly byte[] bytes = Encoding.UTF8.GetBytes(text);

        public long Length => bytes.Length;

        public ValueTask<Stream> OpenReadStreamAsync(long maxAllowedSize = 512000, CancellationToken cancellationToken = default) => new(new MemoryStream(bytes));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
