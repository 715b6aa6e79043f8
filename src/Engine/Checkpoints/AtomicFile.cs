using System.Runtime.InteropServices;

namespace Platform.Engine.Checkpoints;

/// <summary>Writes files so that a crash, a power cut or a full disk leaves either the old content or the new, never a part.</summary>
public static partial class AtomicFile
{
    private const string TemporaryEnding = ".tmp";

    /// <summary>Writes to a temporary name beside <paramref name="path"/>, flushes the file to the disk, renames it, flushes the folder.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full or fails; what was at <paramref name="path"/> is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = $"{path}.{Environment.ProcessId}{TemporaryEnding}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (ArgumentOutOfRangeException exception) when (exception.ParamName == "value")
        {
            // What .NET makes of EFBIG: the file system, or a limit on this process, allows no file of that size.
            File.Delete(temporary);
            throw new IOException($"{path}: no file of that size can be written there ({exception.Message})", exception);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncFolder(folder);
    }

    /// <summary>Writes text; see <see cref="Write"/>.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="text">Its content, stored as UTF-8.</param>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Deletes what killed processes have left of files whose paths begin with <paramref name="prefix"/>. Nobody may be writing them.</summary>
    /// <param name="prefix">A path, or the beginning of one.</param>
    internal static void DeleteLeftovers(string prefix)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(prefix))!;
        if (!Directory.Exists(folder))
            return;
        foreach (var file in Directory.GetFiles(folder, $"{Path.GetFileName(prefix)}*{TemporaryEnding}"))
            File.Delete(file);
    }

    /// <summary>The new name lies in the folder, which has to reach the disk too before a power cut. Windows does that by itself.</summary>
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        const int readOnly = 0;
        var handle = Open(folder, readOnly);
        if (handle < 0)
            throw new IOException($"{folder} cannot be opened to flush it: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            // Some file systems cannot flush a folder (EINVAL): there is nothing more to be had from them.
            const int invalid = 22;
            if (Flush(handle) != 0 && Marshal.GetLastPInvokeError() is var error and not invalid)
                throw new IOException($"{folder} cannot be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
