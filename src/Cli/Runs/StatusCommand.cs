using System.CommandLine;
using Platform.Cli.Serving;
using Platform.Cli.Session;
using Platform.Cli.Start;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Spectre.Console;

namespace Platform.Cli.Runs;

internal static class StatusCommand
{
    private const int NewestRuns = 10;

    public static Command Create()
    {
        var number = new Argument<int?>("RUN") { Description = "A run's number, for its steps and tasks; default: an overview", Arity = ArgumentArity.ZeroOrOne };
        var ports = new PortOptions();
        var command = new Command("status", "Runs, deployments, and which hosts answer") { number };
        ports.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            if (parsed.GetValue(number) is { } one)
                ShowRun(output, (await session.Get<RunQueries>().FindAsync(one, cancellationToken)).OrFail(), session.Get<TimeProvider>().GetUtcNow());
            else
                await ShowAllAsync(output, session, ports.Read(parsed), cancellationToken);
        });
        return command;
    }

    internal static void ShowRun(Output output, FineTuningRun run, DateTimeOffset now) => output.Result(RunTables.AsJson(run), () =>
    {
        output.Line($"Run {run.Number} ({run.Name}): {run.Status.ToString().ToLowerInvariant()}{(run.Error is null ? "" : $": {run.Error}")}");
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Step", "Status", "Rows", "Loss", "Rows/s", "Time", "Device time", "Expected", "Cost", "Expected");
        var forecast = RunForecast.Parse(run.ForecastJson);
        foreach (var step in run.Steps)
            table.AddRow(Cells.Plain([StepText.Title(run, step), step.Status.ToString().ToLowerInvariant(), StepText.Rows(step), StepText.Loss(step), StepText.Speed(step), StepText.Time(step, now), .. ForecastTables.Figures(forecast, step)]));
        output.Console.Write(table);
        output.Console.Write(RunTables.Result(run));
    });

    private static async Task ShowAllAsync(Output output, PlatformSession session, PlatformUrls urls, CancellationToken cancellationToken)
    {
        var hosts = await HostHealth.AllAsync(urls, cancellationToken);
        var runs = await session.Get<RunQueries>().ListAsync(NewestRuns, cancellationToken);
        var deployments = await session.Get<DeploymentApproval>().ListAsync(cancellationToken);
        output.Result(
            new
            {
                hosts = hosts.Select(host => new { host.Name, url = host.Url, host.Answers }),
                runs = runs.Select(run => new { run = run.Number, run.Name, run.Status, tasks = run.Tasks.Count, run.CreatedAt, run.EndedAt, run.Error }),
                deployments = deployments.Select(found => new { deployment = found.Number, model_version = found.ModelVersion?.Number, found.Status, found.RequestedByName, found.DecidedByName, found.ActivatedAt, found.Error }),
            },
            () =>
            {
                foreach (var host in hosts)
                    output.Line($"{host.Name,-8} {host.Url}  {(host.Answers ? "answers" : "does not answer")}");
                output.Console.Write(Runs(runs));
                output.Console.Write(Deployments(deployments));
            });
    }

    private static Table Runs(IEnumerable<FineTuningRun> runs)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Run", "Name", "Status", "Tasks", "Created", "Error");
        foreach (var run in runs)
            table.AddRow(Cells.Plain($"{run.Number}", run.Name, run.Status.ToString().ToLowerInvariant(), $"{run.Tasks.Count}", $"{run.CreatedAt:u}", run.Error));
        return table;
    }

    private static Table Deployments(IEnumerable<Deployment> deployments)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Deployment", "Model version", "Status", "Requested by", "Decided by", "Live since");
        foreach (var one in deployments)
            table.AddRow(Cells.Plain($"{one.Number}", $"{one.ModelVersion?.Number}", one.Status.ToString().ToLowerInvariant(), one.RequestedByName, one.DecidedByName, one.ActivatedAt is { } at ? $"{at:u}" : ""));
        return table;
    }
}
