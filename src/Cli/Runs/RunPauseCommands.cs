using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Results;
using Platform.Domain.Runs;

namespace Platform.Cli.Runs;

/// <summary>Stops runs for a while and lets them go on.</summary>
internal static class RunPauseCommands
{
    private static readonly Argument<int> Number = new("RUN") { Description = "The run's number" };

    public static Command Pause() => Change(
        "pause", "Stop a run at its next update, with a checkpoint", (session, run, cancellation) => session.Get<RunPauses>().PauseAsync(session.Actor, run, cancellation),
        status => status == RunStatus.Paused ? "is paused" : "stops at its next update");

    public static Command Resume() => Change(
        "resume", "Let a paused run go on where it stopped", (session, run, cancellation) => session.Get<RunPauses>().ResumeAsync(session.Actor, run, cancellation), _ => "goes on where it stopped");

    private static Command Change(
        string name, string description, Func<PlatformSession, Guid, CancellationToken, Task<Result<RunStatus>>> change, Func<RunStatus, string> says)
    {
        var command = new Command(name, description) { Number, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var run = (await session.Get<RunQueries>().FindAsync(parsed.GetValue(Number), cancellationToken)).OrFail();
            var status = (await change(session, run.Id, cancellationToken)).OrFail();
            output.Result(new { run = run.Number, Status = status }, () => output.Line($"Run {run.Number} ({run.Name}) {says(status)}."));
            return ExitCodes.Done;
        });
        return command;
    }
}
