using Platform.Domain.Claims;
using Platform.Domain.Playground;

namespace Platform.Domain.Tests.Playground;

public sealed class PlaygroundsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AskAsync_BaseModelAndAVersion_IsAnsweredByBoth()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "hotel-sentiment");
        await database.AddModelAsync(task);
        var playgrounds = database.Get<Playgrounds>();
        var member = TestWorld.MemberOf(team);

        var group = (await playgrounds.AskAsync(member, task.Id, " lovely ", null, [0, 1], Cancellation)).Value;
        var claims = database.Get<WorkClaims>();
        foreach (var id in await claims.FindUnclaimedAsync<PlaygroundQuestion>(null, Cancellation))
        {
            var claim = (await claims.TryClaimAsync<PlaygroundQuestion>(id, "jobs", Cancellation))!;
            var question = (await playgrounds.StartAsync(claim, Cancellation)).Value;
            if (question.ModelVersion is null)
                await playgrounds.FailAsync(claim, "There is no base model.", Cancellation);
            else
                await playgrounds.AnswerAsync(claim, new PlaygroundAnswer("good", 0.9, [new("good", 0.9), new("bad", 0.1)], 12, 1, 8.5), Cancellation);
        }

        var lines = (await playgrounds.ReadAsync(member, group, Cancellation)).Value;
        Assert.Equal(["There is no base model.", null], lines.Select(line => line.Question.Error));
        Assert.Equal([0.9, 0.1], lines[1].Answer!.Scores.Select(score => score.Probability));
        Assert.Equal("lovely", lines[0].Question.Text);
        Assert.Equal("playground_unknown", (await playgrounds.ReadAsync(TestWorld.MemberOf(), group, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task AskAsync_Unusable_SaysWhatIsWrong()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        var playgrounds = database.Get<Playgrounds>();

        var asked = await playgrounds.AskAsync(TestWorld.Admin, task.Id, " ", null, [7], Cancellation);
        var stranger = await playgrounds.AskAsync(TestWorld.MemberOf(), task.Id, "lovely", null, [0], Cancellation);

        Assert.Equal(["text_empty", "model_unknown"], asked.Errors.Select(error => error.Code));
        Assert.Equal("task_unknown", stranger.Error.Code);
    }

    [Fact]
    public async Task RemoveOldAsync_AfterADay_ForgetsWhatWasTried()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        var playgrounds = database.Get<Playgrounds>();
        await playgrounds.AskAsync(TestWorld.Admin, task.Id, "lovely", null, [0], Cancellation);

        Assert.Equal(0, await playgrounds.RemoveOldAsync(Cancellation));
        database.Clock.Advance(Playgrounds.KeptFor + TimeSpan.FromMinutes(1));

        Assert.Equal(1, await playgrounds.RemoveOldAsync(Cancellation));
    }
}
