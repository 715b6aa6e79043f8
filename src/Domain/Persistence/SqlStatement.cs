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

    /// <summary>
    /// Once for each row, in their order. PostgreSQL gets all of them in one message: a group of records then costs one way to the server and
    /// back instead of one for each. SQLite is in this process.
    /// </summary>
    /// <param name="rows">The values of each, in the parameters' order.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <returns>For each, rows that were changed.</returns>
    public async Task<IReadOnlyList<int>> ExecuteAllAsync(IReadOnlyList<object?[]> rows, CancellationToken cancellationToken)
    {
        if (rows.Count < 2 || command.Connection is not { CanCreateBatch: true } connection)
        {
            List<int> changed = [];
            foreach (var row in rows)
                changed.Add(await ExecuteAsync(cancellationToken, row));
            return changed;
        }

        await using var batch = connection.CreateBatch();
        batch.Transaction = command.Transaction;
        foreach (var row in rows)
            batch.BatchCommands.Add(Copy(batch, row));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return [.. batch.BatchCommands.Select(one => one.RecordsAffected)];
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

    private DbBatchCommand Copy(DbBatch batch, object?[] values)
    {
        Check(values.Length);
        var copy = batch.CreateBatchCommand();
        copy.CommandText = command.CommandText;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = copy.CreateParameter();
            parameter.ParameterName = command.Parameters[i].ParameterName;
            parameter.Value = values[i] ?? DBNull.Value;
            copy.Parameters.Add(parameter);
        }

        return copy;
    }

    private void Check(int values)
    {
        if (values != command.Parameters.Count)
            throw new ArgumentException($"The statement takes {command.Parameters.Count} values, not {values}.", nameof(values));
    }

    private void Fill(ReadOnlySpan<object?> values)
    {
        Check(values.Length);
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
