using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Platform.Api.Tests.Usage;

/// <summary>The Api as its users run it: a process of its own, which can be killed.</summary>
internal sealed class ApiProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process process;

    private ApiProcess(Process process, Uri address)
    {
        this.process = process;
        Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Client { get; }

    /// <summary>Starts on the given data and waits until a deployment serves.</summary>
    public static async Task<ApiProcess> StartAsync(
        IEnumerable<(string Key, string Value)> storage, CancellationToken cancellationToken, params IEnumerable<(string Name, string Value)> settings)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}"));
        // A disk that seems full is a limit to file sizes here (FillDisk); the signal that comes with it is not part of the test.
        string[] command = ["dotnet", typeof(Program).Assembly.Location, "--urls", address.ToString()];
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(command[0], command[1..]) : new ProcessStartInfo("/bin/sh", ["-c", "trap '' XFSZ; exec \"$@\"", "sh", .. command]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var (key, value) in storage)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["Api__Threads"] = "1";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var said = new List<string>();
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var api = new ApiProcess(process, address);
        try
        {
            await api.WaitUntilReadyAsync(said, cancellationToken);
            return api;
        }
        catch
        {
            api.Dispose();
            throw;
        }

        void Keep(string? line)
        {
            lock (said)
                if (line is not null && said.Count < 100)
                    said.Add(line);
        }
    }

    /// <summary>From now on no file can grow: every write beyond a page fails, as on a full disk.</summary>
    public void FillDisk() => LimitFiles("4096:unlimited");

    public void FreeDisk() => LimitFiles("unlimited:unlimited");

    /// <summary>SIGKILL: nothing of it runs any more when this returns.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
        Client.Dispose();
    }

    private void LimitFiles(string size)
    {
        using var limit = Process.Start("prlimit", ["--pid", process.Id.ToString(CultureInfo.InvariantCulture), $"--fsize={size}"]);
        limit.WaitForExit();
        Assert.Equal(0, limit.ExitCode);
    }

    private async Task WaitUntilReadyAsync(List<string> said, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
                Assert.Fail($"The Api did not become ready: {(process.HasExited ? $"it ended with {process.ExitCode}" : await ReadinessAsync(cancellationToken))}\n{string.Join('\n', said)}");
            await Task.Delay(20, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Client.GetAsync("/readyz", cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<string> ReadinessAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Client.GetAsync("/readyz", cancellationToken);
            return await response.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            return exception.Message;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
