using System.Diagnostics;
using System.Runtime.InteropServices;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <summary>One of the three hosts as a child process; what it prints goes to its log file.</summary>
internal sealed class HostProcess : IDisposable
{
    private const int Terminate = 15;
    private const int TailLines = 20;
    private readonly Process process;

    private HostProcess(string name, string log, Process process) => (Name, Log, this.process) = (name, log, process);

    public string Name { get; }

    public string Log { get; }

    public bool HasExited => process.HasExited;

    public static HostProcess Start(string name, Uri url, StartOptions options)
    {
        var program = ProductFolder.Program(name);
        var log = Path.Combine(options.DataFolder, "logs", name.ToLowerInvariant() + ".log");
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        if (File.Exists(log))
            File.Move(log, log + ".previous", overwrite: true);

        // The shell only redirects: exec makes the host itself the child, and no pipe can fill up or break.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, Environment.ProcessPath ?? "dotnet", program])
        {
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        start.Environment["ASPNETCORE_URLS"] = url.GetLeftPart(UriPartial.Authority);
        start.Environment["Platform__DataPath"] = options.DataFolder;
        foreach (var (key, value) in HostUrls(options))
            start.Environment[key] = value;
        if (name == HostProcesses.Jobs)
            Allocator.Use(start.Environment, Allocator.Find());
        return new HostProcess(name, log, Process.Start(start)!);
    }

    /// <summary>Ends when the host does.</summary>
    public Task ExitAsync(CancellationToken cancellationToken) => process.WaitForExitAsync(cancellationToken);

    /// <summary>The failure that a host's unexpected end is.</summary>
    public CommandFailure Death() => new([$"{Name} ended with exit code {process.ExitCode}. Its last lines ({Log}):", .. Tail()]);

    /// <summary>Asks politely, waits, then insists.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (process.HasExited)
            return;
        if (OperatingSystem.IsWindows() || Kill(process.Id, Terminate) != 0)
            process.Kill();
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => process.Dispose();

    private static IEnumerable<(string Key, string Value)> HostUrls(StartOptions options) =>
    [
        ("Jobs__PortalUrl", options.Urls.Portal.ToString()),
        ("Portal__ApiUrl", options.Urls.Api.ToString()),
        ("Portal__HangfireUrl", new Uri(options.Urls.Jobs, "/hangfire").ToString()),
    ];

    private IEnumerable<string> Tail() => File.Exists(Log) ? File.ReadLines(Log).TakeLast(TailLines).Select(line => "  " + line) : [];

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
