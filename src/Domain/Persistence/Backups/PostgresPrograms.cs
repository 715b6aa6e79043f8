using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Platform.Domain.Results;

namespace Platform.Domain.Persistence.Backups;

/// <summary>PostgreSQL's own client programs. Connection and password go through their environment, where no list of processes shows them.</summary>
internal static class PostgresPrograms
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private const int LongestMessage = 2000;

    public static async Task<Result> RunAsync(string program, string connectionString, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Find(program), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in Environment(new NpgsqlConnectionStringBuilder(connectionString)))
            start.Environment[name] = value;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return BackupErrors.ToolAbsent(program);
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            try
            {
                var message = (await process.StandardError.ReadToEndAsync(cancellationToken)).Trim();
                await output;
                await process.WaitForExitAsync(cancellationToken);
                return process.ExitCode == 0
                    ? Result.Success()
                    : BackupErrors.ToolFailed(program, message.Length <= LongestMessage ? message : message[..LongestMessage]);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }

    /// <summary>On the PATH, or where Debian puts the newest version.</summary>
    private static string Find(string program)
    {
        var folders = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        if (Directory.Exists(DebianFolder))
            folders.AddRange(Directory.GetDirectories(DebianFolder)
                .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin")));
        return folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists) ?? program;
    }

    private static IEnumerable<(string Name, string Value)> Environment(NpgsqlConnectionStringBuilder connection)
    {
        yield return ("PGHOST", connection.Host!);
        yield return ("PGPORT", connection.Port.ToString(CultureInfo.InvariantCulture));
        yield return ("PGDATABASE", connection.Database!);
        if (connection.Username is { Length: > 0 } user)
            yield return ("PGUSER", user);
        if (connection.Password is { Length: > 0 } password)
            yield return ("PGPASSWORD", password);
        if (connection.Passfile is { Length: > 0 } passfile)
            yield return ("PGPASSFILE", passfile);
        if (connection.RootCertificate is { Length: > 0 } certificate)
            yield return ("PGSSLROOTCERT", certificate);
        yield return ("PGSSLMODE", connection.SslMode switch
        {
            SslMode.VerifyCA => "verify-ca",
            SslMode.VerifyFull => "verify-full",
            var mode => mode.ToString().ToLowerInvariant(),
        });
    }
}
