using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Runs;

/// <summary>Dedicated models that were measured already: the same data, base model and recipe are never trained twice.</summary>
public sealed class BaselineCache(IDbContextFactory<PlatformDbContext> contexts)
{
    public async Task<BaselineResult?> FindAsync(Guid datasetVersionId, string baseModelHash, string recipeHash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.BaselineResults.AsNoTracking().SingleOrDefaultAsync(
            result => result.DatasetVersionId == datasetVersionId && result.BaseModelHash == baseModelHash && result.RecipeHash == recipeHash, cancellationToken);
    }

    /// <returns>The stored result: another process's when that was quicker.</returns>
    public async Task<BaselineResult> StoreAsync(BaselineResult result, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.BaselineResults.Add(result);
        return await context.TrySaveAsync(cancellationToken)
            ? result
            : await FindAsync(result.DatasetVersionId, result.BaseModelHash, result.RecipeHash, cancellationToken) ?? result;
    }
}
