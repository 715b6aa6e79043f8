using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Platform.ApiBench;

/// <summary>The Api as a process of its own, with its settings as delivered.</summary>
internal sealed class ApiProcess : IServer, IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private long deviceMicroseconds;

    private ApiProcess(Process process, HttpClient client) => (this.process, Client) = (process, client);

    public HttpClient Client { get; }

    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Device time of all answers so far, as they were billed.</summary>
    public TimeSpan DeviceTime => TimeSpan.FromMicroseconds(Interlocked.Read(ref deviceMicroseconds));

    public static async Task<ApiProcess> StartAsync(string program, Installation installation, CancellationToken cancellationToken)
    {
        if (!File.Exists(program))
            throw new FileNotFoundException($"{program} is not built: dotnet build src/Api -c Release", program);
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [program, "--urls", address]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Platform__DataPath"] = installation.Data;
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Echo(line.Data);
        process.ErrorDataReceived += (_, line) => Echo(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256, PooledConnectionLifetime = Timeout.InfiniteTimeSpan }) { BaseAddress = new Uri(address) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", installation.Key);
        var api = new ApiProcess(process, client);
        try
        {
            await api.UntilReadyAsync(cancellationToken);
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    public async Task<string?> AnswerAsync(Input input, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(input.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await Client.PostAsync($"/v1/tasks/{input.Task}/predict", content, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        using var json = JsonDocument.Parse(body);
        Interlocked.Add(ref deviceMicroseconds, (long)(1000 * json.RootElement.GetProperty("usage").GetProperty("device_ms").GetDecimal()));
        return json.RootElement.GetProperty("predictions")[0].GetProperty("output").GetString();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                using var response = await Client.GetAsync("/readyz", cancellationToken);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            if (process.HasExited || clock.Elapsed > StartPatience)
                throw new InvalidOperationException("The Api does not get ready; its messages are above.");
        }
    }

    private static void Echo(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
            Console.Error.WriteLine($"api: {line}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
