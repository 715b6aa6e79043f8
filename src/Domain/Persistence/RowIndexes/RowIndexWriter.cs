using Microsoft.Data.Sqlite;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;

namespace Platform.Domain.Persistence.RowIndexes;

/// <summary>
/// Writes the index that the row browser reads: a SQLite file beside the artifact, made from it alone. It may be lost at any time; the next
/// check makes it again. Nothing is durable until <see cref="Complete"/>.
/// </summary>
internal sealed class RowIndexWriter : IRowObserver, IDisposable
{
    /// <summary>Width of a step of the length distribution (tokens).</summary>
    public const int LengthStep = 16;

    private const string Schema = """
        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
        CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE outputs(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE rows(position INTEGER PRIMARY KEY, offset INTEGER NOT NULL, length INTEGER NOT NULL, output INTEGER NOT NULL, tokens INTEGER, id_key INTEGER NOT NULL, row_key INTEGER NOT NULL, input_key BLOB NOT NULL);
        CREATE TABLE codes(id INTEGER PRIMARY KEY, name TEXT NOT NULL, severity TEXT NOT NULL);
        CREATE TABLE marks(code INTEGER NOT NULL, position INTEGER NOT NULL, related TEXT, PRIMARY KEY(code, position)) WITHOUT ROWID;
        CREATE TABLE output_counts(output INTEGER NOT NULL, split INTEGER NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY(output, split)) WITHOUT ROWID;
        CREATE TABLE length_counts(bin INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
        CREATE VIRTUAL TABLE words USING fts5(body, content='', detail=none, columnsize=0, tokenize="unicode61 remove_diacritics 2");
        """;

    private const string Indexes = """
        CREATE INDEX rows_output ON rows(output, position);
        CREATE INDEX rows_id ON rows(id_key, row_key);
        CREATE INDEX rows_row ON rows(row_key);
        CREATE INDEX rows_input ON rows(input_key);
        CREATE INDEX marks_position ON marks(position);
        """;

    private const long Uncounted = 0;

    private readonly string file;
    private readonly string temporary;
    private readonly SqliteConnection connection;
    private readonly SqliteTransaction transaction;
    private readonly SqliteCommand addRow;
    private readonly SqliteCommand addWords;
    private readonly SqliteCommand addMark;
    private readonly Dictionary<string, long> outputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Id, FindingSeverity Severity)> codes = new(StringComparer.Ordinal);
    private readonly Dictionary<(long Output, Split Split), long> outputCounts = [];
    private readonly SortedDictionary<int, long> lengthCounts = [];
    private readonly Dictionary<Split, long> firsts;
    private bool isComplete;
    private long rowsSeen;

    /// <param name="file">Where it will be.</param>
    /// <param name="version">Its rows decide where each split begins.</param>
    public RowIndexWriter(string file, DatasetVersion version)
    {
        this.file = file;
        temporary = $"{file}.{Guid.CreateVersion7():N}.partial";
        firsts = new() { [Split.Train] = 0, [Split.Validation] = version.TrainRows, [Split.Test] = version.TrainRows + version.ValidationRows };
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = temporary, Pooling = false }.ToString());
        connection.Open();
        Run(Schema);
        transaction = connection.BeginTransaction();
        addRow = Command("INSERT INTO rows VALUES(@position, @offset, @length, @output, @tokens, @id_key, @row_key, @input_key)", "@position", "@offset", "@length", "@output", "@tokens", "@id_key", "@row_key", "@input_key");
        addWords = Command("INSERT INTO words(rowid, body) VALUES(@position, @body)", "@position", "@body");
        addMark = Command("INSERT OR IGNORE INTO marks VALUES(@code, @position, @related)", "@code", "@position", "@related");
    }

    /// <summary>May be read while another thread writes.</summary>
    public long RowsSeen => Interlocked.Read(ref rowsSeen);

    /// <summary>Entropy of the training answers, bits per row: -sum p log2 p. Rows beyond the answers that are counted one by one count as all different. Null without rows.</summary>
    public double? AnswerBits
    {
        get
        {
            var counts = outputCounts.Where(count => count.Key.Split == Split.Train).ToList();
            double rows = counts.Sum(count => count.Value);
            return rows == 0 ? null : Math.Log2(rows) - (counts.Where(count => count.Key.Output != Uncounted).Sum(count => count.Value * Math.Log2(count.Value)) / rows);
        }
    }

    private static long KeyOf(string text) => unchecked((long)(ulong)InputKey.Hash(text));

    public void See(DatasetRow row, Split split, int? tokens, UInt128 inputKey)
    {
        var position = PositionOf(split, row.Line);
        var output = OutputOf(row.Output);
        var key = KeyOf($"{(int)split}\u001f{row.Text}\u001f{row.Text2}\u001f{row.Output}");
        Execute(addRow, position, row.Offset, row.Length, output, tokens, KeyOf($"{(int)split}\u001f{row.Id}"), key, InputKey.ToBytes(inputKey));
        Execute(addWords, position, row.Text2 is null ? $"{row.Text} {row.Output}" : $"{row.Text} {row.Text2} {row.Output}");
        outputCounts[(output, split)] = outputCounts.GetValueOrDefault((output, split)) + 1;
        if (tokens is { } length)
            lengthCounts[length / LengthStep] = lengthCounts.GetValueOrDefault(length / LengthStep) + 1;
        Interlocked.Increment(ref rowsSeen);
    }

    public void Mark(string code, FindingSeverity severity, Split split, long line, string? related)
    {
        if (!codes.TryGetValue(code, out var known))
            codes.Add(code, known = (codes.Count + 1, severity));
        Execute(addMark, known.Id, PositionOf(split, line), related);
    }

    /// <summary>Everything was seen; from now on the browser reads this index.</summary>
    /// <param name="previous">The index of the version before; null or absent for none.</param>
    /// <param name="previousNumber">That version's number.</param>
    public void Complete(int contextTokens, string? previous, int? previousNumber)
    {
        WriteCounts();
        AddFact("context_tokens", contextTokens);
        transaction.Commit();
        Run(Indexes);
        AddFact("complete", 1);
        if (previous is not null && previousNumber is { } number && File.Exists(previous))
            Compare(previous, number);
        Dispose(keep: true);
        File.Move(temporary, file, overwrite: true);
    }

    public void Dispose() => Dispose(keep: false);

    private void Dispose(bool keep)
    {
        if (isComplete)
            return;
        isComplete = true;
        foreach (var command in new[] { addRow, addWords, addMark })
            command.Dispose();
        transaction.Dispose();
        connection.Dispose();
        if (!keep)
            File.Delete(temporary);
    }

    /// <summary>
    /// Rows are matched by their content; of those without a match, the ones whose id is in both versions were changed. Of rows that repeat each other
    /// as many match as both versions have.
    /// </summary>
    private void Compare(string previous, int number)
    {
        using (var attach = Command("ATTACH DATABASE @file AS before", "@file"))
            Execute(attach, previous);
        Run("""
            CREATE TABLE changes(position INTEGER PRIMARY KEY, kind INTEGER NOT NULL);
            CREATE TEMP TABLE gone AS SELECT id_key FROM before.rows old WHERE NOT EXISTS(SELECT 1 FROM main.rows new WHERE new.row_key = old.row_key);
            CREATE INDEX temp.gone_id ON gone(id_key);
            INSERT INTO changes SELECT position, EXISTS(SELECT 1 FROM gone WHERE gone.id_key = new.id_key) FROM main.rows new
                WHERE NOT EXISTS(SELECT 1 FROM before.rows old WHERE old.row_key = new.row_key);
            INSERT INTO facts SELECT 'added', (SELECT count(*) FROM changes WHERE kind = 0)
                + (SELECT coalesce(sum(repeated.here - repeated.there), 0) FROM (SELECT count(*) AS here, (SELECT count(*) FROM before.rows old WHERE old.row_key = new.row_key) AS there
                    FROM main.rows new GROUP BY new.row_key HAVING count(*) > 1) AS repeated WHERE repeated.there > 0 AND repeated.here > repeated.there);
            INSERT INTO facts SELECT 'changed', count(*) FROM changes WHERE kind = 1;
            INSERT INTO facts SELECT 'removed', (SELECT count(*) FROM gone) - (SELECT count(*) FROM changes WHERE kind = 1)
                + (SELECT coalesce(sum(repeated.there - repeated.here), 0) FROM (SELECT count(*) AS there, (SELECT count(*) FROM main.rows new WHERE new.row_key = old.row_key) AS here
                    FROM before.rows old GROUP BY old.row_key HAVING count(*) > 1) AS repeated WHERE repeated.here > 0 AND repeated.there > repeated.here);
            DROP TABLE temp.gone;
            DETACH DATABASE before;
            """);
        AddFact("against", number);
    }

    private void WriteCounts()
    {
        using var output = Command("INSERT INTO outputs VALUES(@id, @name)", "@id", "@name");
        foreach (var (name, id) in outputs)
            Execute(output, id, name);
        using var code = Command("INSERT INTO codes VALUES(@id, @name, @severity)", "@id", "@name", "@severity");
        foreach (var (name, (id, severity)) in codes)
            Execute(code, id, name, severity.ToString());
        using var count = Command("INSERT INTO output_counts VALUES(@output, @split, @rows)", "@output", "@split", "@rows");
        foreach (var ((id, split), rows) in outputCounts)
            Execute(count, id, (int)split, rows);
        using var length = Command("INSERT INTO length_counts VALUES(@bin, @rows)", "@bin", "@rows");
        foreach (var (bin, rows) in lengthCounts)
            Execute(length, bin, rows);
    }

    /// <summary>Free texts are as many as rows: their names beyond the first ones are not kept.</summary>
    private long OutputOf(string output)
    {
        if (outputs.TryGetValue(output, out var known))
            return known;
        if (outputs.Count >= RowIndexReader.MostOutputs)
            return Uncounted;
        outputs.Add(output, outputs.Count + 1);
        return outputs.Count;
    }

    private long PositionOf(Split split, long line) => firsts[split] + line - 1;

    private void AddFact(string name, long value)
    {
        using var fact = Command("INSERT INTO facts VALUES(@name, @value)", "@name", "@value");
        Execute(fact, name, value);
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }

    private static void Execute(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
