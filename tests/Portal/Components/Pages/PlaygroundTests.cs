using Bunit;
using Platform.Domain.Claims;
using Platform.Domain.Models;
using Platform.Domain.Playground;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Tasks;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class PlaygroundTests
{
    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task TaskPlayground_Try_AsksTheBaseModelAndTheNewestVersion()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context);
        var page = Open(context);
        page.WaitForElement("form[aria-label='Try a text']");

        await page.FindByLabel("Text").ChangeAsync("lovely rooms");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Equal(["Model version 1", "Base model"], Questions(context)));
    }

    [Fact]
    public async Task TaskPlayground_EmptyText_SaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context);
        var page = Open(context);
        page.WaitForElement("form[aria-label='Try a text']");

        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("Write a text to try.", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PlaygroundCard_Answered_ShowsEveryLabelsProbability()
    {
        await using var context = await PortalContext.CreateAsync();
        var task = await AddAsync(context);
        var playgrounds = context.World.Get<Playgrounds>();
        var group = (await playgrounds.AskAsync(World.Platform, task.Id, "lovely", null, [1], Cancellation)).Value;
        var claims = context.World.Get<WorkClaims>();
        var claim = (await claims.TryClaimAsync<PlaygroundQuestion>((await claims.FindUnclaimedAsync<PlaygroundQuestion>(null, Cancellation)).Single(), "jobs", Cancellation))!;
        await playgrounds.StartAsync(claim, Cancellation);
        await playgrounds.AnswerAsync(claim, new PlaygroundAnswer("good", 0.93, [new("good", 0.93), new("bad", 0.07)], 20, 1, 12), Cancellation);

        var card = context.Render<PlaygroundCard>(parameters => parameters.Add(one => one.Line, playgrounds.ReadAsync(World.Platform, group, Cancellation).Result.Value.Single()));

        Assert.Equal(["good", "bad"], card.FindAll("tbody th").Select(label => label.TextContent));
        Assert.Contains("0.070", card.Markup, StringComparison.Ordinal);
        Assert.Equal("Model version 1", card.Find("article").GetAttribute("aria-label"));
    }

    [Fact]
    public async Task TaskSamples_OfATask_NameItInEveryLanguage()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context);

        var page = context.Render<TaskSamples>(parameters => parameters.Add(samples => samples.Name, "hotel-sentiment"));

        page.WaitForElement("pre");
        Assert.Equal(["curl", "JavaScript (OpenAI SDK)", ".NET (OpenAI SDK)", "A retry that costs nothing"], page.FindAll("pre").Select(sample => sample.GetAttribute("aria-label")));
        Assert.All(page.FindAll("pre"), sample => Assert.Contains("hotel-sentiment", sample.TextContent, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Questions(PortalContext context)
    {
        using var database = context.World.Open();
        return [.. database.PlaygroundQuestions.Select(question => question.ModelVersionId == null ? "Base model" : "Model version 1").ToList().OrderDescending(StringComparer.Ordinal)];
    }

    private static IRenderedComponent<TaskPlayground> Open(PortalContext context) => context.Render<TaskPlayground>(parameters => parameters.Add(page => page.Name, "hotel-sentiment"));

    private static async Task<TaskDefinition> AddAsync(PortalContext context)
    {
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task);
        return task;
    }
}
