using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Persistence;

namespace Platform.Cli.Storage;

internal static class MigrateCommand
{
    public static Command Create()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing: name the pending migrations and write their SQL" };
        var command = new Command("migrate", "Bring the database's tables up to this build. The hosts do the same when they start; with a dry run you see it first, with PostgreSQL a database administrator can run the SQL")
        {
            dryRun,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var services = PlatformSession.Services(parsed);
            var plan = await services.PlanMigrationAsync(cancellationToken);
            var isDry = parsed.GetValue(dryRun);
            if (!isDry && plan.Pending.Count > 0)
                await services.MigratePlatformAsync(cancellationToken);
            output.Result(new { plan.Applied, plan.Pending, dry_run = isDry, sql = isDry ? plan.Sql : null }, () => Show(output, plan, isDry));
        });
        return command;
    }

    private static void Show(Output output, MigrationPlan plan, bool isDry)
    {
        if (plan.Pending.Count == 0)
        {
            output.Line($"Nothing to do: all {plan.Applied.Count} migrations are applied.");
            return;
        }

        // Comments, so that the whole output can be given to psql or sqlite3.
        if (isDry)
            output.Line($"-- {plan.Applied.Count} migrations are applied, {plan.Pending.Count} are pending: {string.Join(", ", plan.Pending)}\n{plan.Sql}");
        else
            output.Line($"Applied {plan.Pending.Count}: {string.Join(", ", plan.Pending)}");
    }
}
