using Platform.Domain.Artifacts;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Intakes;

/// <summary>The bytes of an upload that have arrived. How long a file is says where the next piece begins, whatever died meanwhile.</summary>
internal sealed class IntakeFolder(string folder)
{
    private const int Buffer = 1 << 16;

    public long Received(Split split) => new FileInfo(PathOf(split)) is { Exists: true } file ? file.Length : 0;

    public FileStream Open(Split split) => new(PathOf(split), FileMode.Open, FileAccess.Read, FileShare.Read, Buffer, useAsync: true);

    /// <summary>Appends at exactly <paramref name="offset"/>. What of a broken-off piece has arrived is kept.</summary>
    /// <returns>How many bytes the file has now.</returns>
    public async Task<Result<long>> AppendAsync(IntakeFile file, long offset, Stream content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        try
        {
            await using var target = new FileStream(PathOf(file.Split), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, Buffer, useAsync: true);
            if (target.Length != offset)
                return IntakeErrors.WrongOffset(file.Split, target.Length);
            target.Position = offset;
            var buffer = new byte[Buffer];
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (target.Position + read > file.SizeBytes)
                    return DatasetErrors.FileTooLarge(file.Name, file.SizeBytes);
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            await target.FlushAsync(cancellationToken);
            return target.Length;
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(folder, file.SizeBytes - offset);
        }
        catch (IOException exception) when (HostLock.IsHeldOpen(exception))
        {
            return IntakeErrors.Busy(file.Split);
        }
    }

    public void Delete()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    public void CopyTo(string other)
    {
        foreach (var file in Directory.GetFiles(folder))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
    }

    private string PathOf(Split split) => Path.Combine(folder, split.ToWire() + ".part");
}
