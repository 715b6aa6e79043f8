using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Sampling;
using Spectre.Console;

namespace Platform.Cli.Samples;

/// <summary>Inputs of a task that are kept for quality review.</summary>
internal static class SamplesCommand
{
    private const int ShownCharacters = 80;

    public static Command Create() => new("samples", "Keep a share of a task's requests for quality review; off until its owner asks for it") { List(), On(), Off(), Export(), Delete() };

    private static Argument<string> Task() => new("TASK") { Description = "The task's name" };

    private static Command List()
    {
        var task = Task();
        var least = new Option<bool>("--least-certain") { Description = "Lowest score first, where mistakes are most likely; default: newest first" };
        var take = new Option<int>("--take") { Description = "How many", HelpName = "N", DefaultValueFactory = _ => 20 };
        var command = new Command("list", "Whether the task is sampled, and its newest samples") { task, least, take, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var name = parsed.GetRequiredValue(task);
            var rule = (await session.Get<SamplingRules>().FindAsync(session.Actor, name, cancellationToken)).OrFail();
            var page = (await session.Get<RequestSamples>().ListAsync(
                session.Actor, name, parsed.GetValue(least) ? SampleOrder.LeastCertain : SampleOrder.Newest, 0, Math.Max(0, parsed.GetValue(take)), cancellationToken)).OrFail();
            output.Result(
                new
                {
                    rule.IsOn, rule.Share, rule.KeepDays, page.Total,
                    samples = page.Samples.Select(sample => new { sample.Id, sample.SampledAt, sample.ModelVersion, sample.Score, sample.Abstained, sample.RequestId, sample.Content?.Text, sample.Content?.Text2, sample.Content?.Output }),
                },
                () =>
                {
                    output.Line(rule.IsOn ? $"{Percent(rule.Share)} of the requests are kept for {rule.KeepDays} days; {page.Total:N0} samples are there." : $"The task is not sampled; {page.Total:N0} samples are there.");
                    if (page.Samples.Count > 0)
                        output.Console.Write(Table(page.Samples));
                });
        });
        return command;
    }

    private static Command On()
    {
        var task = Task();
        var share = new Option<double>("--share") { Description = "Share of the requests that is kept, more than 0 and up to 1", HelpName = "SHARE", DefaultValueFactory = _ => SamplingRules.DefaultShare };
        var days = new Option<int>("--keep-days") { Description = "Days after which a sample is deleted", HelpName = "N", DefaultValueFactory = _ => SamplingRules.DefaultDays };
        var command = new Command("on", "Keep a share of the task's inputs and answers from now on; also changes the share or the time") { task, share, days, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var rule = (await session.Get<SamplingRules>().TurnOnAsync(
                session.Actor, parsed.GetRequiredValue(task), parsed.GetValue(share), parsed.GetValue(days), cancellationToken)).OrFail();
            output.Result(new { rule.IsOn, rule.Share, rule.KeepDays }, () => output.Line($"{Percent(rule.Share)} of the requests are kept for {rule.KeepDays} days."));
        });
        return command;
    }

    private static Command Off()
    {
        var task = Task();
        var delete = new Option<bool>("--delete") { Description = "Delete the samples that are there, too; without this they stay until they expire" };
        var command = new Command("off", "Keep nothing more of the task's requests") { task, delete, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var name = parsed.GetRequiredValue(task);
            (await session.Get<SamplingRules>().TurnOffAsync(session.Actor, name, parsed.GetValue(delete), cancellationToken)).OrFail();
            var left = (await session.Get<RequestSamples>().ListAsync(session.Actor, name, SampleOrder.Newest, 0, 0, cancellationToken)).OrFail().Total;
            output.Result(new { is_on = false, samples = left }, () => output.Line(
                left == 0 ? "The task is not sampled any more, and no sample is left." : $"The task is not sampled any more. {left:N0} samples stay until they expire; 'platform samples delete {name} --all' deletes them now."));
        });
        return command;
    }

    private static Command Export()
    {
        var task = Task();
        var file = new Argument<string>("FILE") { Description = "Written as JSONL, one sample a line; must not exist yet" };
        var command = new Command("export", "Write the task's samples as JSONL; corrected by hand, they can be uploaded as data") { task, file, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            if (File.Exists(path))
                throw new CommandFailure($"{path} exists already. Name another file.");
            var samples = (await session.Get<RequestSamples>().ExportAsync(session.Actor, parsed.GetRequiredValue(task), cancellationToken)).OrFail();
            var count = 0;
            await using (var writer = new StreamWriter(new FileStream(path, FileMode.CreateNew)))
                await foreach (var sample in samples.WithCancellation(cancellationToken))
                {
                    await writer.WriteAsync(SampleLine.Of(sample) + "\n");
                    count++;
                }

            output.Result(new { file = path, samples = count }, () => output.Line($"{path}: {count:N0} samples"));
        });
        return command;
    }

    private static Command Delete()
    {
        var task = Task();
        var id = new Argument<Guid?>("SAMPLE") { Description = "The sample's id, as the list shows it", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "All of the task's samples" };
        var command = new Command("delete", "Delete one of the task's samples, or all") { task, id, all, CommonOptions.As };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(id) is not null))
                result.AddError("Name one sample, or say --all.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var samples = session.Get<RequestSamples>();
            var deleted = 1;
            if (parsed.GetValue(id) is { } one)
                (await samples.DeleteAsync(session.Actor, parsed.GetRequiredValue(task), one, cancellationToken)).OrFail();
            else
                deleted = (await samples.DeleteAllAsync(session.Actor, parsed.GetRequiredValue(task), cancellationToken)).OrFail();
            output.Result(new { deleted }, () => output.Line(deleted == 1 ? "1 sample is deleted." : $"{deleted:N0} samples are deleted."));
        });
        return command;
    }

    private static string Percent(double share) => (100 * share).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private static Table Table(IEnumerable<SampleView> samples)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Sample", "When", "Version", "Input", "Output", "Score");
        foreach (var sample in samples)
            table.AddRow(Cells.Plain(
                sample.Id.ToString(), $"{sample.SampledAt:u}", sample.ModelVersion.ToString(CultureInfo.InvariantCulture),
                sample.Content is { } content ? Short(content.Text2 is null ? content.Text : $"{content.Text} | {content.Text2}") : "cannot be read: its key is gone",
                sample.Content is null ? "" : Short(sample.Content.Output) + (sample.Abstained ? " (abstained)" : ""), Cells.Score(sample.Score)));
        return table;
    }

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= ShownCharacters ? line : line[..ShownCharacters] + "…";
    }
}
