using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Platform.TestStorage;

/// <summary>
/// A real S3-compatible server (s3rver, from npm) as a process of its own, which keeps its objects as files. It knows access keys, but does not
/// check signatures of version 4. What npm brings is kept in the temporary folder between test runs.
/// </summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string Bucket = "artifacts";
    public const string Key = "S3RVER";

    private const string Package = "s3rver";
    private const string Version = "3.7.1";
    private const string ObjectSuffix = "._S3rver_object";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Lazy<Task<(string? Program, string? Problem)>> Installed = new(InstallAsync);

    private readonly string program;
    private readonly string folder = Directory.CreateTempSubdirectory("platform-s3-").FullName;
    private Process? process;

    private S3Server(string program, int port) => (this.program, Port) = (program, port);

    public int Port { get; }

    public string Endpoint => $"http://127.0.0.1:{Port}";

    /// <summary>Why there is none; null when there is.</summary>
    public static async Task<string?> ProblemAsync() => (await Installed.Value).Problem;

    public static async Task<S3Server> StartAsync()
    {
        var (program, problem) = await Installed.Value;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var server = new S3Server(program ?? throw new InvalidOperationException(problem), port);
        await server.ResumeAsync();
        return server;
    }

    /// <summary>Settings of a host that uses it, on its own or through something in between.</summary>
    /// <param name="prefix">The test's own: tests share the server.</param>
    /// <param name="endpoint">Null: the server's own.</param>
    public IReadOnlyList<(string Key, string Value)> Settings(string prefix, string? endpoint = null) =>
    [
        ("Artifacts:Store", "S3"),
        ("Artifacts:Endpoint", endpoint ?? Endpoint),
        ("Artifacts:Bucket", Bucket),
        ("Artifacts:Prefix", prefix),
        ("Artifacts:AccessKey", Key),
        ("Artifacts:SecretKey", Key),
        ("Artifacts:PartMegabytes", "5"),
        ("Artifacts:RetrySeconds", "0"),
    ];

    /// <summary>Starts it again after <see cref="Kill"/>, with everything that it had.</summary>
    public async Task ResumeAsync()
    {
        var start = new ProcessStartInfo("node", [program, "--directory", folder, "--address", "127.0.0.1", "--port", $"{Port}", "--silent", "--configure-bucket", Bucket])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEndAsync();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (attempt < 300)
            {
                if (process.HasExited)
                    throw new InvalidOperationException($"{Package} did not start: {await error}");
                await Task.Delay(50);
            }
        }
    }

    /// <summary>A test that failed between <see cref="Kill"/> and <see cref="ResumeAsync"/> is no reason for the next to fail.</summary>
    public Task EnsureRunningAsync() => process is { HasExited: false } ? Task.CompletedTask : ResumeAsync();

    public void Kill()
    {
        process?.Kill(entireProcessTree: true);
        process?.WaitForExit();
        process?.Dispose();
        process = null;
    }

    /// <summary>The keys of all objects with this prefix.</summary>
    public IReadOnlyList<string> Objects(string prefix) => [.. Directory.GetFiles(Path.Combine(folder, Bucket, prefix), "*" + ObjectSuffix, SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Path.Combine(folder, Bucket), file)[..^ObjectSuffix.Length]).Order(StringComparer.Ordinal)];

    /// <summary>The file that holds an object, to do harm to it.</summary>
    public string FileOf(string key) => Path.Combine(folder, Bucket, key + ObjectSuffix);

    public ValueTask DisposeAsync()
    {
        Kill();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task<(string? Program, string? Problem)> InstallAsync()
    {
        var cache = Path.Combine(Path.GetTempPath(), $"platform-node-{Package}-{Version}");
        var program = Path.Combine(cache, "node_modules", Package, "bin", "s3rver.js");
        if (File.Exists(program))
            return (program, null);

        // Installed beside the cache and renamed into place, so that two test runs at once do no harm.
        var staging = Directory.CreateTempSubdirectory($"platform-node-{Package}-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(staging, "package.json"), $$"""{"private": true, "dependencies": {"{{Package}}": "{{Version}}"} }""");
            using var npm = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"])
            {
                WorkingDirectory = staging,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var patience = new CancellationTokenSource(Patience);
            var output = npm.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var error = npm.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await npm.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
                return (null, $"npm did not install {Package} within {Patience.TotalMinutes} minutes.");
            }

            await output;
            if (npm.ExitCode != 0)
                return (null, $"npm could not install {Package}: {await error}");
            Directory.Move(staging, cache);
        }
        catch (Win32Exception exception)
        {
            return (null, $"npm does not start: {exception.Message}");
        }
        catch (IOException) when (File.Exists(program))
        {
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }

        return (program, null);
    }
}
