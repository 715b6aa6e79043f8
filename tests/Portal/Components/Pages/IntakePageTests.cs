using System.Text;
using Bunit;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Tasks;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class IntakePageTests
{
    private const string Task = "hotel-sentiment";

    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task IntakePage_TableWithOtherNames_ShowsItsRowsAndReadsThemAsChosen()
    {
        await using var context = await PortalContext.CreateAsync();
        var intake = await SendAsync(context, ".csv", "review,sentiment,stars\nlovely,good,5\ndirty,bad,1\n");

        var page = Open(context, intake);
        page.WaitForElement("form[aria-label=Columns]");
        Assert.Contains("lovely", page.Find("table").TextContent, StringComparison.Ordinal);
        Assert.Contains("stars", page.Find("table").TextContent, StringComparison.Ordinal);
        await page.Find("form[aria-label=Columns]").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("wait to be read", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task IntakePage_RefusedRows_SaysWhatToMend()
    {
        await using var context = await PortalContext.CreateAsync();
        var intake = await SendAsync(context, ".jsonl", "{\"id\":\"1\",\"input\":{}}\n");
        await ReadAsync(context, intake);

        var page = Open(context, intake);

        page.WaitForAssertion(() => Assert.Contains("train.jsonl, line 1, field input.text", page.Markup, StringComparison.Ordinal));
        Assert.Contains("nothing was stored", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IntakePage_Stored_LeadsToTheVersion()
    {
        await using var context = await PortalContext.CreateAsync();
        var intake = await SendAsync(context, ".jsonl", "{\"id\":\"1\",\"input\":{\"text\":\"lovely\"},\"output\":\"good\"}\n");
        await ReadAsync(context, intake);

        var page = Open(context, intake);

        Assert.Equal("/tasks/hotel-sentiment/data/1", page.WaitForElement(".mud-alert a").GetAttribute("href"));
    }

    [Fact]
    public async Task IntakePage_UploadOfAnotherTeam_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        var intake = await SendAsync(context, ".jsonl", "{}\n");
        await context.SignInAsync(isAdmin: false, "stranger@example.com");

        var page = Open(context, intake);

        Assert.Contains("Upload not found", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UploadDataset_HalfSentUpload_SaysHowToGoOn()
    {
        await using var context = await PortalContext.CreateAsync();
        await SendAsync(context, ".jsonl", "{}\n", end: false);

        var page = context.Render<UploadDataset>(parameters => parameters.Add(upload => upload.Name, Task));

        page.WaitForAssertion(() => Assert.Contains("choose the same files (train.jsonl, validation.jsonl, test.jsonl) to go on", page.Markup, StringComparison.Ordinal));
    }

    private static IRenderedComponent<IntakePage> Open(PortalContext context, DatasetIntake intake) =>
        context.Render<IntakePage>(parameters => parameters.Add(page => page.Name, Task).Add(page => page.Id, intake.Id));

    private static async Task<DatasetIntake> SendAsync(PortalContext context, string extension, string text, bool end = true)
    {
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), Task);
        var intakes = context.World.Get<DatasetIntakes>();
        var bytes = Encoding.UTF8.GetBytes(text);
        var begun = (await intakes.BeginAsync(World.Platform, Task, [.. Splits.All.Select(split => new IntakeFile(split, split.ToWire() + extension, bytes.Length, 1))], Cancellation)).Value;
        if (!end)
            return begun;
        foreach (var split in Splits.All)
            await intakes.AppendAsync(World.Platform, begun.Id, split, 0, new MemoryStream(bytes), Cancellation);
        return (await intakes.EndReceivingAsync(World.Platform, begun.Id, Cancellation)).Value;
    }

    private static async Task ReadAsync(PortalContext context, DatasetIntake intake)
    {
        var claim = await context.World.Get<WorkClaims>().TryClaimAsync<DatasetIntake>(intake.Id, "jobs", Cancellation);
        await context.World.Get<IntakeReading>().RunAsync(claim!, Cancellation);
    }
}
