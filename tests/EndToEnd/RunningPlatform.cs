using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Platform.EndToEnd.Tests;

/// <summary>Portal, Api and Jobs as `platform start` runs them, on ports and a data folder of their own.</summary>
internal sealed class RunningPlatform : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(100);
    private readonly Process process;
    private readonly int[] ports;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningPlatform(Process process, string data, int[] ports)
    {
        (this.process, this.ports, Data) = (process, ports, data);
        (Portal, Api) = (new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://127.0.0.1:{ports[1]}"));
    }

    public string Data { get; }

    public Uri Portal { get; }

    public Uri Api { get; }

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <param name="data">The data folder; kept when the platform stops.</param>
    /// <param name="arguments">Further arguments of `platform start`.</param>
    public static RunningPlatform Start(string data, params IEnumerable<string> arguments) => StartAt(FreePorts(), data, arguments);

    /// <summary>Starts another one where this one, which was stopped, was: same data, same addresses.</summary>
    /// <inheritdoc cref="Start"/>
    public RunningPlatform StartAgain(params IEnumerable<string> arguments) => StartAt(ports, Data, arguments);

    public Task WaitUntilUpAsync() => up.Task.WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);

    public async Task<int> WaitForEndAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    /// <summary>As a terminal's user would stop it, but by SIGTERM.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
            _ = Kill(process.Id, Terminate);
        using var timeout = new CancellationTokenSource(StopPatience);
        await process.WaitForExitAsync(timeout.Token);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        var name = TestContext.Current.TestMethod?.MethodName ?? "platform";
        await File.WriteAllTextAsync(Path.Combine(Clone.Results, name + ".log"), Output);
        process.Dispose();
    }

    private static RunningPlatform StartAt(int[] ports, string data, IEnumerable<string> arguments)
    {
        var process = Process.Start(Clone.Command(
            ["start", "--data", data, "--portal-port", $"{ports[0]}", "--api-port", $"{ports[1]}", "--jobs-port", $"{ports[2]}", .. arguments]))!;
        var platform = new RunningPlatform(process, data, ports);
        process.OutputDataReceived += (_, line) => platform.Receive(line.Data);
        process.ErrorDataReceived += (_, line) => platform.Receive(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => platform.up.TrySetException(new InvalidOperationException($"The platform ended early.\n{platform.Output}"));
        return platform;
    }

    private static int[] FreePorts()
    {
        var listeners = Enumerable.Range(0, 3).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    private void Receive(string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.AppendLine(line);
        if (line.StartsWith("The platform is up", StringComparison.Ordinal))
            up.TrySetResult();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
