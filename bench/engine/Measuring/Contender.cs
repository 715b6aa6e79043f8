using System.Diagnostics;

namespace Platform.EngineBench.Measuring;

/// <summary>What a contender is in a race.</summary>
internal enum Role
{
    /// <summary>What the product does.</summary>
    Ours,

    /// <summary>A slower way of ours that the product's is compared with.</summary>
    Reference,

    /// <summary>Another program.</summary>
    Peer,
}

/// <summary>Someone who does the work of a race.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Role">What it is.</param>
/// <param name="Run">Does the work once.</param>
internal sealed record Contender(string Name, Role Role, Func<Turn> Run)
{
    /// <summary>Called before its turn, outside of the measurement.</summary>
    public Action Prepare { get; init; } = () => { };
}

/// <summary>One turn of a contender.</summary>
/// <param name="Units">Work done, in the race's unit (tokens, requests, bytes).</param>
/// <param name="Seconds">Time that it took.</param>
/// <param name="CpuSeconds">Processor time of all threads, those that wait actively included.</param>
internal readonly record struct Turn(double Units, double Seconds, double CpuSeconds)
{
    /// <summary>Does an action once.</summary>
    /// <param name="units">Its work.</param>
    /// <param name="action">The action.</param>
    public static Turn Once(double units, Action action) => Measure(units, action, 0);

    /// <summary>Repeats an action until the clock can be trusted.</summary>
    /// <param name="units">Work of one call.</param>
    /// <param name="action">The action.</param>
    /// <param name="least">Least time to measure, seconds.</param>
    public static Turn Measure(double units, Action action, double least = 0.05)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        var calls = 0;
        do
        {
            action();
            calls++;
        }
        while (clock.Elapsed.TotalSeconds < least);
        return new Turn(units * calls, clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}
