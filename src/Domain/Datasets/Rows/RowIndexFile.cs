using Platform.Domain.Artifacts;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Rows;

/// <summary>
/// A version's row index as a file on this host; disposed when it is read. It is made from the rows and changes with the task's rules, so it lies
/// beside the artifacts. Where hosts share no folder, each check's index is an artifact too, and that is the one to open.
/// </summary>
internal sealed class RowIndexFile : IDisposable
{
    private const string NameInArtifact = "rows.db";

    private readonly ArtifactFolder? held;

    private RowIndexFile(string path, ArtifactFolder? held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    /// <summary>Where the check writes it.</summary>
    public static string PlaceOf(ArtifactStore store, Guid versionId) => System.IO.Path.Combine(store.Root, "row-indexes", $"{versionId:N}.db");

    /// <returns>Its file may be absent: then the version was not checked, or by an earlier release.</returns>
    public static async Task<Result<RowIndexFile>> OpenAsync(ArtifactStore store, DatasetVersion version, CancellationToken cancellationToken)
    {
        if (!store.IsRemote || version.RowIndexPath is null)
            return new RowIndexFile(PlaceOf(store, version.Id), null);
        var opened = await store.OpenAsync(version.RowIndexPath, cancellationToken);
        return opened.IsSuccess
            ? new RowIndexFile(System.IO.Path.Combine(opened.Value.Path, NameInArtifact), opened.Value)
            : Result.Failure<RowIndexFile>(opened.Errors);
    }

    /// <summary>Lets the other hosts have what a check on this one has written.</summary>
    /// <returns>Null when they share the folder, or when there is no index.</returns>
    public static async Task<Result<string?>> ShareAsync(ArtifactStore store, DatasetVersion version, CancellationToken cancellationToken)
    {
        var written = PlaceOf(store, version.Id);
        if (!store.IsRemote || !File.Exists(written))
            return Result.Success<string?>(null);
        using var staging = store.Stage(ArtifactStore.RowIndexes);
        File.Copy(written, System.IO.Path.Combine(staging.Folder, NameInArtifact));
        var stored = await staging.CommitAsync(cancellationToken);
        if (stored.IsFailure)
            return Result.Failure<string?>(stored.Errors);
        File.Delete(written);
        return Result.Success<string?>(stored.Value.Path);
    }

    public void Dispose() => held?.Dispose();
}
