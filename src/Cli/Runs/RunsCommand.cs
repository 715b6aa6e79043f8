using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;

namespace Platform.Cli.Runs;

/// <summary>What stage 1 of a run found, and people's decisions in its place.</summary>
internal static class RunsCommand
{
    private static readonly Argument<int> Number = new("RUN") { Description = "The run's number" };

    public static Command Create() => new("runs", "Look at runs, decide in their filter's place, pause them and let them go on") { Show(), Override(), RunPauseCommands.Pause(), RunPauseCommands.Resume() };

    private static Command Show()
    {
        var map = new Option<bool>("--map") { Description = "The task compatibility map: who helps and who hurts whom" };
        var command = new Command("show", "A run's steps with real and expected time and cost, its tasks and decisions; with --map which tasks help and hurt each other") { Number, map };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var run = (await session.Get<RunQueries>().FindAsync(parsed.GetValue(Number), cancellationToken)).OrFail();
            if (!parsed.GetValue(map))
            {
                StatusCommand.ShowRun(output, run, session.Get<TimeProvider>().GetUtcNow());
                return;
            }

            var found = FilterFindings.Of(run)?.Map
                ?? throw new CommandFailure($"Run {run.Number} has no compatibility map: its stage 1 is not done, or its filter strategy measures none. The strategies affinity and leaveOneOut do.");
            output.Result(found, () => MapTable.Write(output, found));
        });
        return command;
    }

    private static Command Override()
    {
        var task = new Argument<string>("TASK") { Description = "The task's name" };
        var kept = new Option<bool>("--keep") { Description = "The task joins the mixture" };
        var isolated = new Option<bool>("--isolate") { Description = "The task gets its own adapter" };
        var reason = new Option<string>("--reason") { Description = "Why; shown with the decision and kept in the audit log", Required = true };
        var command = new Command("override", "Decide for a task in the filter's place, as long as no stage has begun") { Number, task, kept, isolated, reason, CommonOptions.As };
        command.Validators.Add(result =>
        {
            if (result.GetValue(kept) == result.GetValue(isolated))
                result.AddError("Choose one of --keep and --isolate.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var run = (await session.Get<RunQueries>().FindAsync(parsed.GetValue(Number), cancellationToken)).OrFail();
            var name = parsed.GetRequiredValue(task);
            var part = run.Tasks.SingleOrDefault(one => one.Task!.Name == name) ?? throw new CommandFailure($"{FilterErrors.NotInRun(run).Message} ({name})");
            var decided = (await session.Get<FilterOverrides>().OverrideAsync(
                session.Actor, run.Id, part.TaskId, parsed.GetValue(kept) ? TaskDecision.Kept : TaskDecision.Isolated, parsed.GetRequiredValue(reason), cancellationToken)).OrFail();
            output.Result(
                new { run = run.Number, task = name, decided.Decision, decided.Reason, decided.DecidedByName },
                () => output.Line($"Run {run.Number}, {name}: {decided.Reason}"));
        });
        return command;
    }
}
