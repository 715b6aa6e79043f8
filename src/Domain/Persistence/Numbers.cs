using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Platform.Domain.Persistence;

internal static class Numbers
{
    /// <summary>
    /// The next number that people see. Call it inside the transaction of <see cref="SerialWrite"/> that inserts the row, so that no other
    /// process takes the same one.
    /// </summary>
    public static async Task<int> NextAsync<T>(this IQueryable<T> rows, Expression<Func<T, int?>> number, CancellationToken cancellationToken) =>
        (await rows.MaxAsync(number, cancellationToken) ?? 0) + 1;
}
