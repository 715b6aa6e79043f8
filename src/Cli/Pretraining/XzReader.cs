using System.Diagnostics;
using Platform.Cli.Terminal;

namespace Platform.Cli.Pretraining;

/// <summary>The text inside an .xz file, from the system's own xz. A damaged archive is an error at its end, never a shorter corpus.</summary>
internal sealed class XzReader : TextReader
{
    private readonly string path;
    private readonly Process process;

    public XzReader(string path)
    {
        this.path = path;
        try
        {
            process = Process.Start(new ProcessStartInfo("xz", ["--decompress", "--stdout", "--threads=1", path]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CommandFailure("The program 'xz' is missing, which reads .xz files. Install it (Debian: apt-get install xz-utils), or unpack the corpus yourself and name the text file.");
        }
    }

    public override int Peek() => process.StandardOutput.Peek();

    public override int Read()
    {
        var read = process.StandardOutput.Read();
        if (read < 0)
            CheckEnd();
        return read;
    }

    public override int Read(char[] buffer, int index, int count)
    {
        var read = process.StandardOutput.Read(buffer, index, count);
        if (read == 0 && count > 0)
            CheckEnd();
        return read;
    }

    public override string? ReadLine()
    {
        var line = process.StandardOutput.ReadLine();
        if (line is null)
            CheckEnd();
        return line;
    }

    /// <summary>Whoever has read enough closes early; xz then has nothing left to do.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        base.Dispose(disposing);
    }

    private void CheckEnd()
    {
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new CommandFailure($"'{path}' is not a whole .xz file (xz ended with {process.ExitCode}). Get it again.");
    }
}
