using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Platform.Domain.Persistence;

internal static class Numbers
{
    /// <summary>
    /// The next number that people see. Call it inside the transaction that inserts the row: SQLite's writers are serial, and on
    /// other providers the unique index turns a race into a failed insert rather than a duplicate.
    /// </summary>
    public static async Task<int> NextAsync<T>(this IQueryable<T> rows, Expression<Func<T, int?>> number, CancellationToken cancellationToken) =>
        (await rows.MaxAsync(number, cancellationToken) ?? 0) + 1;
}
