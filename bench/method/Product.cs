using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Platform.MethodBench;

/// <summary>The platform as its users have it: its hosts as processes, and its terminal program.</summary>
internal sealed class Product : IAsyncDisposable
{
    /// <summary>How long the hosts may take to store their checkpoints and end.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    private readonly string _root;
    private readonly string _data;
    private readonly Process _hosts;
    private readonly string _log;

    private Product(string root, string data, Process hosts, string log) => (_root, _data, _hosts, _log) = (root, data, hosts, log);

    public string Data => _data;

    /// <summary>Starts the hosts without samples; runs that an interrupted call left go on by themselves.</summary>
    public static async Task<Product> StartAsync(string root, string data, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(data);
        var log = Path.Combine(data, "start.log");
        await File.WriteAllTextAsync(log, "", cancellationToken);
        var ports = FreePorts(3);
        var hosts = Start(root, ["start", "--empty", "--data", data, "--portal-port", $"{ports[0]}", "--api-port", $"{ports[1]}", "--jobs-port", $"{ports[2]}"]);
        hosts.OutputDataReceived += (_, line) => Append(log, line.Data);
        hosts.ErrorDataReceived += (_, line) => Append(log, line.Data);
        hosts.BeginOutputReadLine();
        hosts.BeginErrorReadLine();
        var product = new Product(root, data, hosts, log);
        try
        {
            await product.UntilUpAsync(cancellationToken);
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }

        return product;
    }

    /// <summary>What a command answers with --json.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public async Task<JsonElement> CallAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(_root, [.. arguments, "--data", _data, "--json"]);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? JsonDocument.Parse(await output).RootElement.Clone()
                : throw new InvalidOperationException($"platform {string.Join(' ', arguments)}: exit code {process.ExitCode}. {await errors}");
        }
        finally
        {
            Kill(process);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hosts.HasExited)
        {
            // SIGTERM: the hosts store a checkpoint before they end.
            using var kill = Process.Start("kill", ["-TERM", $"{_hosts.Id}"]);
            await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await _hosts.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Kill(_hosts);
            }
        }

        _hosts.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
    }

    private async Task UntilUpAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!ReadLog().Contains("The platform is up", StringComparison.Ordinal))
        {
            if (_hosts.HasExited || clock.Elapsed > StartPatience)
                throw new InvalidOperationException($"The platform does not start:\n{ReadLog()}");
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private string ReadLog()
    {
        lock (_log)
            return File.ReadAllText(_log);
    }

    private static void Append(string log, string? line)
    {
        if (line is null)
            return;
        lock (log)
            File.AppendAllText(log, line + "\n");
    }

    private static Process Start(string root, IReadOnlyList<string> arguments) => Process.Start(new ProcessStartInfo(Path.Combine(root, "platform"), arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = root,
    })!;

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
