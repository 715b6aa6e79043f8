using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Platform.Domain.Persistence.Moves;

/// <summary>The tables of the model, each one after those that it refers to.</summary>
internal static class MoveOrder
{
    public static IReadOnlyList<ITable> Of(PlatformDbContext context)
    {
        var waiting = context.Model.GetRelationalModel().Tables.OrderBy(table => table.Name, StringComparer.Ordinal).ToList();
        List<ITable> ordered = [];
        while (waiting.Count > 0)
        {
            // A row that refers to another row of its own table is checked when the whole table is there.
            var next = waiting.Find(table => table.ForeignKeyConstraints.All(key => key.PrincipalTable == table || ordered.Contains(key.PrincipalTable)))
                ?? throw new InvalidOperationException($"The tables {string.Join(", ", waiting.Select(table => table.Name))} refer to each other in a circle.");
            ordered.Add(next);
            waiting.Remove(next);
        }

        return ordered;
    }
}
