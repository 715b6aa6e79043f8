using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <summary>The whole of ./run: ports, admin, hosts, samples, and then staying up.</summary>
internal sealed class PlatformStart(StartOptions options, ParseResult parsed, Output output)
{
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        PortCheck.Require(options.Urls);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        var people = await FirstAccounts.EnsureAdminAsync(session, cancellationToken);

        await using var hosts = new HostProcesses();
        try
        {
            hosts.Start(options);
            await hosts.WaitHealthyAsync(options.Urls, session.Get<TimeProvider>(), cancellationToken);
            ShowAddresses(people);
            return await WorkAsync(session, hosts, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Line("Stopping ...");
            return ExitCodes.Interrupted;
        }
    }

    private async Task<int> WorkAsync(PlatformSession session, HostProcesses hosts, CancellationToken cancellationToken)
    {
        var failure = await SamplesAsync(session, hosts, cancellationToken);
        if (failure is not null)
            foreach (var problem in failure.Problems)
                output.Errors.WriteLine($"error: {problem}");
        var code = failure is null ? ExitCodes.Done : ExitCodes.Failed;
        if (options.Once)
            return code;

        output.Line(failure is null ? $"The platform is up: {options.Urls.Portal}. Ctrl-C stops it." : $"The platform stays up, so that you can look into it: {options.Urls.Portal}. Ctrl-C stops it.");
        try
        {
            await hosts.WhileAliveAsync(stop => Task.Delay(Timeout.Infinite, stop), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Line("Stopping ...");
        }

        return code;
    }

    /// <returns>Null when all is well; a host's death is not returned but thrown, because nothing can go on then.</returns>
    private async Task<CommandFailure?> SamplesAsync(PlatformSession session, HostProcesses hosts, CancellationToken cancellationToken)
    {
        if (options.SamplesFolder is not { } folder)
            return null;
        CommandFailure? failure = null;
        await hosts.WhileAliveAsync(async stop =>
        {
            try
            {
                await new SampleWorkspace(session, options, folder, output).RunAsync(stop);
            }
            catch (CommandFailure problem)
            {
                failure = problem;
            }
        }, cancellationToken);
        return failure;
    }

    private void ShowAddresses(NewAccount? admin)
    {
        output.Line();
        output.Line($"  Portal   {options.Urls.Portal}");
        output.Line($"  Api      {options.Urls.Api}");
        output.Line($"  Jobs     {new Uri(options.Urls.Jobs, "/hangfire")}  (sign in to the portal as an admin first)");
        output.Line($"  Logs     {Path.Combine(options.DataFolder, "logs")}");
        if (admin is not null)
        {
            output.Line();
            output.Line($"  Sign in as {admin.Email} with the one-time password {admin.Password}");
            output.Line("  It is shown only now; the portal asks for a new one.");
        }

        output.Line();
    }
}
