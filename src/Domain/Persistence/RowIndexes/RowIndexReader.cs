using Microsoft.Data.Sqlite;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Rows;

namespace Platform.Domain.Persistence.RowIndexes;

/// <summary>Asks a version's row index. Every question ends after a bounded number of rows.</summary>
internal sealed class RowIndexReader : IAsyncDisposable
{
    /// <summary>Different outputs that the index knows by name.</summary>
    public const int MostOutputs = 5_000;

    /// <summary>Nobody needs to know more exactly how many rows match.</summary>
    public const int CountedMatches = 10_000;

    private const string PlaceColumns = "r.position, r.offset, r.length, r.tokens";

    private readonly SqliteConnection connection;
    private readonly DatasetVersion version;

    private RowIndexReader(SqliteConnection connection, DatasetVersion version) => (this.connection, this.version) = (connection, version);

    /// <returns>Null when there is no index.</returns>
    public static async Task<RowIndexReader?> OpenAsync(string file, DatasetVersion version, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            return null;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await connection.OpenAsync(cancellationToken);
        return new RowIndexReader(connection, version);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Where the rows from <paramref name="from"/> on lie in their files.</summary>
    private async Task<List<RowPlace>> PlacesAsync(RowFilter filter, long from, int take, CancellationToken cancellationToken)
    {
        await using var command = Ask(filter, PlaceColumns, by => $"AND {by} >= @from ORDER BY {by} LIMIT {take}");
        command.Parameters.AddWithValue("@from", from);
        return await ListAsync(command, Place, cancellationToken);
    }

    private Task<List<RowPlace>> PlacesAsync(IReadOnlyCollection<long> positions, CancellationToken cancellationToken) =>
        ListAsync($"SELECT {PlaceColumns} FROM rows r WHERE r.position IN ({string.Join(',', positions)}) ORDER BY r.position", Place, cancellationToken);

    /// <summary>The first rows that match, one more than are counted at most.</summary>
    private async Task<List<long>> PositionsAsync(RowFilter filter, CancellationToken cancellationToken)
    {
        await using var command = Ask(filter, "w.rowid", by => $"ORDER BY {by} LIMIT {CountedMatches + 1}");
        return await ListAsync(command, row => row.GetInt64(0), cancellationToken);
    }

    private RowPlace Place(SqliteDataReader row)
    {
        var position = row.GetInt64(0);
        return new RowPlace(position, SplitAt(position), LineAt(position), row.GetInt64(1), row.GetInt32(2), row.IsDBNull(3) ? null : row.GetInt32(3));
    }

    /// <summary>
    /// A page of the rows that match, with their number and the pages around it. Rows that are searched by words are listed once for all of that:
    /// making the list of a word's beginning is most of the work.
    /// </summary>
    public async Task<RowPlaces> PageAsync(RowFilter filter, long from, int rows, CancellationToken cancellationToken)
    {
        if (filter.Terms.Count > 0)
        {
            var first = await PositionsAsync(filter, cancellationToken);
            var at = first.FindIndex(position => position >= from);
            if (first.Count <= CountedMatches || (at >= 0 && at + rows < first.Count))
            {
                at = at < 0 ? first.Count : at;
                return new RowPlaces(
                    at == first.Count ? [] : await PlacesAsync(first.GetRange(at, Math.Min(rows, first.Count - at)), cancellationToken), Math.Min(first.Count, CountedMatches), first.Count > CountedMatches,
                    at + rows < first.Count ? first[at + rows] : null, at > 0 ? first[Math.Max(0, at - rows)] : null);
            }
        }

        var places = await PlacesAsync(filter, from, rows + 1, cancellationToken);
        var (matching, isMore) = await CountAsync(filter, cancellationToken);
        var previous = from > 0 ? await PreviousAsync(filter, from, rows, cancellationToken) : null;
        return new RowPlaces([.. places.Take(rows)], matching, isMore, places.Count > rows ? places[rows].Position : null, previous);
    }

    /// <summary>Where the page that ends before <paramref name="from"/> begins; null when nothing is before it.</summary>
    private async Task<long?> PreviousAsync(RowFilter filter, long from, int take, CancellationToken cancellationToken)
    {
        await using var command = Ask(filter, "r.position", by => $"AND {by} < @from ORDER BY {by} DESC LIMIT {take}");
        command.Parameters.AddWithValue("@from", from);
        var positions = await ListAsync(command, row => row.GetInt64(0), cancellationToken);
        return positions.Count == 0 ? null : positions[^1];
    }

    private async Task<(long Rows, bool IsMore)> CountAsync(RowFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Label is null && filter.Problem is null && filter.Terms.Count == 0)
            return (filter.Split is { } split ? version.RowsIn(split) : version.TrainRows + version.ValidationRows + version.TestRows, false);
        await using var command = Ask(filter, "1", _ => $"LIMIT {CountedMatches + 1}");
        command.CommandText = $"SELECT count(*) FROM ({command.CommandText})";
        var count = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        return (Math.Min(count, CountedMatches), count > CountedMatches);
    }

    /// <summary>All rows that match: for jobs, not for pages.</summary>
    public async Task<HashSet<long>> AllAsync(RowFilter filter, CancellationToken cancellationToken) =>
        [.. await ListAsync(Ask(filter, "r.position", _ => ""), row => row.GetInt64(0), cancellationToken)];

    /// <summary>How many rows of each split match, counted to the last.</summary>
    public async Task<Dictionary<Split, long>> CountBySplitAsync(RowFilter filter, CancellationToken cancellationToken)
    {
        Dictionary<Split, long> counts = [];
        foreach (var split in Splits.All)
        {
            await using var command = Ask(filter with { Split = split }, "count(*)", _ => "");
            counts[split] = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        return counts;
    }

    public async Task<List<(long Position, RowMark Mark)>> MarksAsync(IReadOnlyCollection<long> positions, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT m.position, c.name, c.severity, m.related FROM marks m JOIN codes c ON c.id = m.code WHERE m.position IN ({string.Join(',', positions)})";
        return await ListAsync(command, row => (row.GetInt64(0), new RowMark(row.GetString(1), Enum.Parse<FindingSeverity>(row.GetString(2)), row.IsDBNull(3) ? null : row.GetString(3))), cancellationToken);
    }

    public async Task<DatasetSummary> SummariseAsync(CancellationToken cancellationToken)
    {
        var facts = await ListAsync("SELECT name, value FROM facts", row => (Name: row.GetString(0), Value: row.GetInt64(1)), cancellationToken);
        var fact = facts.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
        var labels = await ListAsync(
            $"""
            SELECT o.name, sum(CASE c.split WHEN 0 THEN c.rows ELSE 0 END), sum(CASE c.split WHEN 1 THEN c.rows ELSE 0 END), sum(CASE c.split WHEN 2 THEN c.rows ELSE 0 END)
            FROM output_counts c JOIN outputs o ON o.id = c.output GROUP BY o.id ORDER BY sum(c.rows) DESC, o.name LIMIT {DatasetSummary.MostLabels}
            """, row => new LabelCount(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken);
        var outputs = await ListAsync("SELECT count(*) FROM outputs", row => row.GetInt64(0), cancellationToken);
        var lengths = await ListAsync("SELECT bin, rows FROM length_counts ORDER BY bin", row => new LengthCount(row.GetInt32(0) * RowIndexWriter.LengthStep, (row.GetInt32(0) + 1) * RowIndexWriter.LengthStep, row.GetInt64(1)), cancellationToken);
        var problems = await ListAsync(
            "SELECT c.name, c.severity, (SELECT count(*) FROM marks m WHERE m.code = c.id) FROM codes c ORDER BY c.id",
            row => new ProblemCount(row.GetString(0), Enum.Parse<FindingSeverity>(row.GetString(1)), row.GetInt64(2)), cancellationToken);
        return new DatasetSummary(labels, outputs[0], lengths, (int)fact.GetValueOrDefault("context_tokens"), problems, ChangesOf(fact));
    }

    private DatasetChanges? ChangesOf(Dictionary<string, long> fact)
    {
        if (!fact.TryGetValue("against", out var number))
            return null;
        var (added, changed) = (fact["added"], fact["changed"]);
        return new DatasetChanges((int)number, added, fact["removed"], changed, version.TrainRows + version.ValidationRows + version.TestRows - added - changed);
    }

    /// <summary>The words drive where there are any, then the problem, then the rows: each is a list in the order of the rows, so that a page ends early.</summary>
    /// <param name="rest">Gets the column that holds the position.</param>
    private SqliteCommand Ask(RowFilter filter, string columns, Func<string, string> rest)
    {
        var command = connection.CreateCommand();
        List<string> tables = [];
        List<string> where = ["1"];
        string? by = null;
        if (filter.Terms is { Count: > 0 } terms)
        {
            tables.Add("words w");
            by = "w.rowid";
            where.Add("words MATCH @words");
            command.Parameters.AddWithValue("@words", RowWords.Query(connection, terms));
        }

        if (filter.Problem is { } problem)
        {
            tables.Add("marks m");
            where.Add(by is null ? "1" : $"m.position = {by}");
            where.Add("m.code = (SELECT id FROM codes WHERE name = @problem)");
            command.Parameters.AddWithValue("@problem", problem);
            by ??= "m.position";
        }

        // Words and problems know the position themselves.
        if (by is null || filter.Label is not null || columns.Contains("r.", StringComparison.Ordinal))
        {
            tables.Add("rows r");
            where.Add(by is null ? "1" : $"r.position = {by}");
            by ??= "r.position";
        }

        if (filter.Label is { } label)
        {
            where.Add("r.output = (SELECT id FROM outputs WHERE name = @label)");
            command.Parameters.AddWithValue("@label", label);
        }

        if (filter.Split is { } split)
            where.Add($"{by} >= {version.FirstOf(split)} AND {by} < {version.FirstOf(split) + version.RowsIn(split)}");
        command.CommandText = $"SELECT {columns} FROM {string.Join(" CROSS JOIN ", tables)} WHERE {string.Join(" AND ", where)} {rest(by)}";
        return command;
    }

    private Split SplitAt(long position) => Splits.All.Last(split => position >= version.FirstOf(split));

    private long LineAt(long position) => position - version.FirstOf(SplitAt(position)) + 1;

    private Task<List<T>> ListAsync<T>(string sql, Func<SqliteDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return ListAsync(command, read, cancellationToken);
    }

    private static async Task<List<T>> ListAsync<T>(SqliteCommand command, Func<SqliteDataReader, T> read, CancellationToken cancellationToken)
    {
        List<T> list = [];
        await using (command)
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
            while (await rows.ReadAsync(cancellationToken))
                list.Add(read(rows));
        return list;
    }
}

/// <inheritdoc cref="RowPage"/>
internal sealed record RowPlaces(IReadOnlyList<RowPlace> Places, long Matching, bool IsMore, long? Next, long? Previous);

/// <summary>Where a row lies: <paramref name="Length"/> bytes from <paramref name="Offset"/> on in its split's file.</summary>
internal sealed record RowPlace(long Position, Split Split, long Line, long Offset, int Length, int? Tokens);
