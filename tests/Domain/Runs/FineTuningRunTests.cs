using Platform.Domain.Runs;

namespace Platform.Domain.Tests.Runs;

public sealed class FineTuningRunTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static FineTuningRun Run() => new() { Number = 1, Name = "x", RecipeJson = "{}", BaseModel = "b", RequestedByName = "x", CreatedAt = Now };

    public static TheoryData<string, bool> Endings() => new()
    {
        { "succeed", false }, { "fail", true }, { "cancel", true }, { "confirm", false },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public void Transition_FromQueued_OnlyWhereAllowed(string move, bool allowed) => Try(Run(), move, allowed);

    [Theory]
    [InlineData("start")]
    [InlineData("succeed")]
    [InlineData("fail")]
    [InlineData("cancel")]
    [InlineData("confirm")]
    public void Transition_AfterTheEnd_IsRefused(string move)
    {
        var run = Run();
        run.Fail("broken", Now);

        Try(run, move, allowed: false);
    }

    [Fact]
    public void Start_Resumed_KeepsItsFirstStart()
    {
        var run = Run();
        run.Start(Now);
        run.Start(Now.AddHours(1));

        Assert.Equal(Now, run.StartedAt);
    }

    private static void Try(FineTuningRun run, string move, bool allowed)
    {
        void Act()
        {
            switch (move)
            {
                case "start": run.Start(Now); break;
                case "succeed": run.Succeed(Guid.CreateVersion7(), Now); break;
                case "fail": run.Fail("broken", Now); break;
                case "cancel": run.RequestCancel(Now); break;
                default: run.ConfirmCancelled(Now); break;
            }
        }

        if (allowed)
            Act();
        else
            Assert.Throws<InvalidOperationException>(Act);
    }
}
