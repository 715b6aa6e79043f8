using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Platform.Jobs.Tests;

/// <summary>The built program as a process of its own, on a free port.</summary>
internal sealed class JobsProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly List<string> output = [];

    private JobsProcess(Process process, Uri url) => (this.process, Url) = (process, url);

    public Uri Url { get; }

    public string Output
    {
        get
        {
            lock (output)
                return string.Join('\n', output);
        }
    }

    public static async Task<JobsProcess> StartAsync(JobsWorld world)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Platform.Jobs.dll"), $"--urls={url}", "--Jobs:PollSeconds=0.1", .. world.Settings()])
            start.ArgumentList.Add(argument);
        var jobs = new JobsProcess(Process.Start(start)!, url);
        jobs.process.OutputDataReceived += jobs.Take;
        jobs.process.ErrorDataReceived += jobs.Take;
        jobs.process.BeginOutputReadLine();
        jobs.process.BeginErrorReadLine();
        using var client = new HttpClient();
        await Until.TrueAsync(() => jobs.IsReadyAsync(client));
        return jobs;
    }

    /// <summary>SIGKILL: the process gets no word in.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <param name="signal">STOP or CONT.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private async Task<bool> IsReadyAsync(HttpClient client)
    {
        Assert.False(process.HasExited, $"Jobs ended while it started:\n{Output}");
        try
        {
            using var response = await client.GetAsync(new Uri(Url, "/readyz"), TestContext.Current.CancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Take(object sender, DataReceivedEventArgs line)
    {
        lock (output)
            output.Add(line.Data ?? "");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
