namespace Platform.Domain.Artifacts;

/// <summary>Locks between the processes of one host, by files that are held open: whoever dies lets go.</summary>
internal static class HostLock
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until nobody else has it.</summary>
    public static async Task<FileStream> TakeAsync(string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(file) is { } taken)
                return taken;
            await Task.Delay(Again, cancellationToken);
        }
    }

    /// <returns>Null while anybody has or shares it.</returns>
    public static FileStream? TryTake(string file) => TryOpen(file, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Waits until nobody has it alone.</summary>
    public static async Task<FileStream> ShareAsync(string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryOpen(file, FileAccess.Read, FileShare.Read) is { } shared)
                return shared;
            await Task.Delay(Again, cancellationToken);
        }
    }

    /// <summary>A sharing violation: EAGAIN on Unix, ERROR_SHARING_VIOLATION on Windows.</summary>
    public static bool IsHeldOpen(IOException exception) => exception.HResult is 11 or unchecked((int)0x80070020);

    private static FileStream? TryOpen(string file, FileAccess access, FileShare share)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, access, share, 1);
        }
        catch (IOException exception) when (IsHeldOpen(exception))
        {
            return null;
        }
    }
}
