using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;

namespace Platform.Cli.Runs;

internal static class RetryCommand
{
    private static readonly Argument<int> Number = new("RUN") { Description = "The failed run's number" };

    public static Command Create()
    {
        var follow = new Option<bool>("--follow") { Description = "Stay and show the progress; --follow false only queues the run", DefaultValueFactory = _ => true };
        var command = new Command("retry", "Go on with a failed run where it stopped, once its reason was mended") { Number, follow, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var run = (await session.Get<RunQueries>().FindAsync(parsed.GetValue(Number), cancellationToken)).OrFail();
            var status = (await session.Get<RunPlanning>().RetryAsync(session.Actor, run.Id, cancellationToken)).OrFail();
            output.Errors.WriteLine($"Run {run.Number} ({run.Name}) is queued again; what was done stays done.");
            if (parsed.GetValue(follow))
                return await TrainCommand.FollowAsync(session, run.Number, output, cancellationToken);

            output.Result(new { run = run.Number, Status = status }, () => { });
            return ExitCodes.Done;
        });
        return command;
    }
}
