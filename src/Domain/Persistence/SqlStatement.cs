using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Platform.Domain.Persistence;

/// <summary>
/// One statement, prepared once and run many times inside the context's transaction. For what every request pays, where EF's change
/// tracker would cost more than the database. The SQL keeps to what SQLite and PostgreSQL have in common.
/// </summary>
internal sealed class SqlStatement : IAsyncDisposable
{
    private readonly DbCommand command;

    private SqlStatement(DbCommand command) => this.command = command;

    /// <param name="parameters">Names as in the text, in the order in which values are given.</param>
    public static SqlStatement In(PlatformDbContext context, string text, params ReadOnlySpan<string> parameters)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = text;
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        foreach (var name in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return new SqlStatement(command);
    }

    /// <returns>Rows that were changed.</returns>
    public Task<int> ExecuteAsync(CancellationToken cancellationToken, params ReadOnlySpan<object?> values)
    {
        Fill(values);
        return command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>The first column of the first row; null without one.</returns>
    public async Task<object?> ScalarAsync(CancellationToken cancellationToken, params object?[] values)
    {
        Fill(values);
        var value = await command.ExecuteScalarAsync(cancellationToken);
        return value is DBNull ? null : value;
    }

    public Task<DbDataReader> ReadAsync(CancellationToken cancellationToken, params ReadOnlySpan<object?> values)
    {
        Fill(values);
        return command.ExecuteReaderAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => command.DisposeAsync();

    private void Fill(ReadOnlySpan<object?> values)
    {
        if (values.Length != command.Parameters.Count)
            throw new ArgumentException($"The statement takes {command.Parameters.Count} values, not {values.Length}.", nameof(values));
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
