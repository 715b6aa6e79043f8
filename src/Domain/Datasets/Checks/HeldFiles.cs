using Platform.Domain.Artifacts;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Checks;

/// <summary>All files that a check reads; they stay on this host until it ends.</summary>
internal sealed class HeldFiles(ArtifactStore store) : IDisposable
{
    private readonly List<IDisposable> held = [];

    /// <returns>The artifact's folder.</returns>
    public async Task<Result<string>> OpenAsync(string artifactPath, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(artifactPath, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<string>(opened.Errors);
        held.Add(opened.Value);
        return opened.Value.Path;
    }

    /// <returns>Null when it cannot be had; whoever asks can do without.</returns>
    public async Task<string?> OpenIndexAsync(DatasetVersion version, CancellationToken cancellationToken)
    {
        var opened = await RowIndexFile.OpenAsync(store, version, cancellationToken);
        if (opened.IsFailure)
            return null;
        held.Add(opened.Value);
        return opened.Value.Path;
    }

    public void Dispose()
    {
        foreach (var one in held)
            one.Dispose();
    }
}
