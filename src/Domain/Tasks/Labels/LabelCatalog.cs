using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Tasks.Labels;

/// <summary>All label sets and pins as every server knows them: read again and again, never changed.</summary>
public sealed class KnownLabels(IReadOnlyDictionary<Guid, IReadOnlyList<LabelSet>> sets, IReadOnlyDictionary<(Guid Key, Guid Task), int> pins)
{
    public static KnownLabels None { get; } = new(new Dictionary<Guid, IReadOnlyList<LabelSet>>(), new Dictionary<(Guid, Guid), int>());

    /// <summary>What a caller reads instead of the model's labels: the names of the set that it is pinned to, else the task's newest names.</summary>
    /// <returns>By the model's label; null when nothing has to be translated.</returns>
    public IReadOnlyDictionary<string, string>? NamesFor(Guid task, Guid key, IReadOnlyList<string> served) =>
        sets.TryGetValue(task, out var known)
            ? LabelNames.Between(known, served, pins.TryGetValue((key, task), out var pinned) ? pinned : known[^1].Number)
            : null;
}

public sealed class LabelCatalog(IDbContextFactory<PlatformDbContext> contexts)
{
    public async Task<KnownLabels> ReadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var sets = await context.LabelSets.AsNoTracking().OrderBy(set => set.Number).ToListAsync(cancellationToken);
        if (sets.Count == 0)
            return KnownLabels.None;
        var pins = await context.LabelPins.AsNoTracking().ToListAsync(cancellationToken);
        return new KnownLabels(
            sets.GroupBy(set => set.TaskId).ToDictionary(group => group.Key, group => (IReadOnlyList<LabelSet>)[.. group]),
            pins.ToDictionary(pin => (pin.KeyId, pin.TaskId), pin => pin.Number));
    }
}
