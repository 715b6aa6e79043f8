using System.Diagnostics;
using System.Text.Json;
using Platform.EngineBench.Measuring;

namespace Platform.EngineBench.Peers;

/// <summary>Another process that answers each line with a line of JSON about a turn: units (or null), seconds, cpuSeconds.</summary>
internal sealed class JsonProcess : IDisposable
{
    private readonly Process _process;

    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public JsonProcess(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // What our own process sets for its libtorch; everything else, the allocator too, is inherited.
        start.Environment.TryAdd("GOMP_SPINCOUNT", "20000");
        _process = Process.Start(start)!;
    }

    /// <summary>Asks for a turn without waiting for it.</summary>
    public void Send(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for a turn's end.</summary>
    /// <param name="units">Its work, unless the process says so itself.</param>
    public Turn Receive(double units = 0)
    {
        if (_process.StandardOutput.ReadLine() is not { } line)
            throw new InvalidOperationException($"{_process.StartInfo.FileName} ended in the middle of a turn; its message is above.");
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        return new Turn(
            root.TryGetProperty("units", out var own) ? own.GetDouble() : units, root.GetProperty("seconds").GetDouble(), root.GetProperty("cpuSeconds").GetDouble());
    }

    public Turn Ask(string line, double units = 0)
    {
        Send(line);
        return Receive(units);
    }

    /// <summary>Closes its input, which ends it.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
