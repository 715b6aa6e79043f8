using System.ComponentModel;
using System.Diagnostics;

namespace Platform.Domain.Claims;

/// <summary>The process behind a claim, as its name tells.</summary>
/// <param name="Unique">Begins with what is different in every process, also in one that gets a dead one's number.</param>
public sealed record ClaimOwner(string Host, string Machine, int ProcessId, string Unique)
{
    private const int MaxLength = 128;
    private const int MaxHostLength = 24;

    private static readonly string ThisProcess = Guid.NewGuid().ToString("N")[..16];

    public static ClaimOwner New(string host) =>
        new(host, Environment.MachineName, Environment.ProcessId, ThisProcess + Guid.NewGuid().ToString("N")[..16]);

    /// <summary>A name for this process that all its claims as <paramref name="host"/> begin with.</summary>
    public static string ThisProcessAs(string host) => new ClaimOwner(host, Environment.MachineName, Environment.ProcessId, ThisProcess).ToString();

    /// <returns>Null when the name was not made by <see cref="ToString"/>.</returns>
    public static ClaimOwner? Parse(string name) =>
        name.Split(':') is [var host, var machine, var process, var unique] && int.TryParse(process, out var id)
            ? new ClaimOwner(host, machine, id, unique)
            : null;

    /// <summary>True only when it is certain: a process of another machine, or one that cannot be looked at, may be alive.</summary>
    /// <param name="lastHeartbeat">A process that started after it is not the one that made it.</param>
    public bool IsDead(DateTimeOffset? lastHeartbeat)
    {
        if (Machine != Environment.MachineName)
            return false;
        if (ProcessId == Environment.ProcessId)
            return !Unique.StartsWith(ThisProcess, StringComparison.Ordinal);
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return process.StartTime.ToUniversalTime() > lastHeartbeat?.UtcDateTime;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    public override string ToString()
    {
        var host = Host.Length <= MaxHostLength ? Host : Host[..MaxHostLength];
        var rest = $":{ProcessId}:{Unique}";
        var room = MaxLength - rest.Length - host.Length - 1;
        return $"{host}:{(Machine.Length <= room ? Machine : Machine[..room])}{rest}";
    }
}
