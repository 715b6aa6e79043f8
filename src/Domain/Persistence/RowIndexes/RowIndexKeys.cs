using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;

namespace Platform.Domain.Persistence.RowIndexes;

/// <summary>The inputs of a version by their keys alone.</summary>
internal sealed class RowIndexKeys : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private readonly DatasetVersion version;

    private RowIndexKeys(SqliteConnection connection, DatasetVersion version) => (this.connection, this.version) = (connection, version);

    /// <returns>Null when there is no index, or one from before it held keys.</returns>
    public static async Task<RowIndexKeys?> OpenAsync(string file, DatasetVersion version, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            return null;
        var keys = new RowIndexKeys(new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString()), version);
        await keys.connection.OpenAsync(cancellationToken);
        await using var command = keys.Command("SELECT count(*) FROM pragma_table_info('rows') WHERE name = 'input_key'");
        if (await command.ExecuteScalarAsync(cancellationToken) is > 0L)
            return keys;
        await keys.DisposeAsync();
        return null;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>All of a split, in the order of its lines.</summary>
    public async IAsyncEnumerable<(UInt128 Key, long Line)> AllAsync(Split split, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT position, input_key FROM rows WHERE position >= @from AND position < @to ORDER BY position");
        AddBounds(command, split);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            yield return (InputKey.FromBytes(rows.GetFieldValue<byte[]>(1)), LineOf(split, rows.GetInt64(0)));
    }

    /// <summary>Those of a split that are wanted, each by its first line.</summary>
    public async IAsyncEnumerable<(UInt128 Key, long Line)> FindAsync(Split split, IEnumerable<UInt128> wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT min(position) FROM rows WHERE input_key = @key AND position >= @from AND position < @to");
        AddBounds(command, split);
        var key = command.Parameters.Add("@key", SqliteType.Blob);
        foreach (var one in wanted)
        {
            key.Value = InputKey.ToBytes(one);
            if (await command.ExecuteScalarAsync(cancellationToken) is long position)
                yield return (one, LineOf(split, position));
        }
    }

    private SqliteCommand Command(string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private void AddBounds(SqliteCommand command, Split split)
    {
        command.Parameters.AddWithValue("@from", version.FirstOf(split));
        command.Parameters.AddWithValue("@to", version.FirstOf(split) + version.RowsIn(split));
    }

    private long LineOf(Split split, long position) => position - version.FirstOf(split) + 1;
}
