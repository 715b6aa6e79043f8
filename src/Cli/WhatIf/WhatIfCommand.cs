using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Tasks;
using Platform.Domain.WhatIf;

namespace Platform.Cli.WhatIf;

/// <summary>What a task would do to itself and to its neighbours by joining the mixture.</summary>
internal static class WhatIfCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static Command Create()
    {
        var task = new Argument<string>("TASK") { Description = "The task's name; some hundred rows of it are enough" };
        var command = new Command("what-if", "Estimate, from the newest probe, what a task would do to itself and its neighbours by joining") { task, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var found = (await session.Get<TaskCatalog>().FindAsync(session.Actor, parsed.GetRequiredValue(task), cancellationToken)).OrFail();
            var asked = (await session.Get<WhatIfEstimates>().AskAsync(session.Actor, found.Id, cancellationToken)).OrFail();
            var done = asked.IsOver ? asked : await WaitAsync(session, found, output, cancellationToken);
            if (done.Status == WhatIfStatus.Failed)
                throw new CommandFailure(done.Error!);
            var answer = WhatIfAnswer.Of(done)!;
            output.Result(answer, () => Write(output, answer));
        });
        return command;
    }

    private static async Task<WhatIfEstimate> WaitAsync(PlatformSession session, TaskDefinition task, Output output, CancellationToken cancellationToken)
    {
        var clock = session.Get<TimeProvider>();
        var began = clock.GetTimestamp();
        output.Errors.WriteLine($"Estimating what {task.Name} would do ...");
        while (true)
        {
            var newest = await session.Get<WhatIfEstimates>().NewestAsync(task.Id, cancellationToken);
            if (newest is { IsOver: true })
                return newest;
            if (clock.GetElapsedTime(began) > Patience)
                throw new CommandFailure($"There is no estimate after {Patience.TotalMinutes:F0} minutes. A Jobs host has to make it; start one by ./run, or look at data/logs/jobs.log.");
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static void Write(Output output, WhatIfAnswer answer)
    {
        output.Line($"{answer.Task}, from {answer.TrainRows:N0} training and {answer.ValidationRows:N0} validation rows, {answer.Confidence:P0} intervals:");
        output.Line(answer.OnItself.Sentence);
        foreach (var neighbour in answer.OnNeighbours)
            output.Line($"  {neighbour.Sentence}");
    }
}
