using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;

namespace Platform.Cli.Runs;

/// <summary>Asks Jobs for a forecast and waits for it.</summary>
internal static class ForecastWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    /// <summary>A host looks for work every second; after this long there is none, or it is busy with a run.</summary>
    private static readonly TimeSpan Unclaimed = TimeSpan.FromSeconds(20);

    public static async Task<int> ShowAsync(PlatformSession session, RunRequest request, Output output, CancellationToken cancellationToken)
    {
        var (forecasts, clock) = (session.Get<RunForecasts>(), session.Get<TimeProvider>());
        var asked = (await forecasts.RequestAsync(session.Actor, request, cancellationToken)).OrFail();
        var (since, warned) = (clock.GetUtcNow(), false);
        while (asked.Status == ForecastStatus.Queued)
        {
            if (!warned && clock.GetUtcNow() - since > Unclaimed)
            {
                output.Errors.WriteLine(asked.ClaimOwner is null
                    ? "No Jobs host has taken the measurement up yet. It waits; start a host by ./run."
                    : "The measurement waits for the device: a run is at work, and lets it in between two of its steps.");
                warned = true;
            }

            await Task.Delay(Pause, clock, cancellationToken);
            asked = await forecasts.FindAsync(asked.Id, cancellationToken) ?? throw new CommandFailure("The measurement is gone; ask again.");
        }

        if (RunForecast.Parse(asked.ForecastJson) is not { } forecast)
            throw new CommandFailure($"It could not be measured: {asked.Error}");
        output.Result(ForecastTables.AsJson(forecast), () =>
        {
            output.Console.Write(ForecastTables.Table(forecast));
            output.Line(ForecastTables.Basis(forecast));
        });
        return ExitCodes.Done;
    }
}
