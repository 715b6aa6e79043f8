using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Formats;

/// <summary>
/// The flat columns of a Parquet file as text; lists and nested fields are left out. A row group is in memory as a whole, which the
/// format asks for: one that is too large for that is refused before it is read.
/// </summary>
internal sealed class ParquetRecords : IRecords
{
    /// <summary>Uncompressed.</summary>
    public const long MaxGroupBytes = 512L << 20;

    private readonly ParquetReader reader;
    private readonly IReadOnlyList<DataField> fields;
    private readonly string?[] current;

    private string?[][] columns = [];
    private int group;
    private long inGroup;
    private long rowsInGroup;

    private ParquetRecords(ParquetReader reader, IReadOnlyList<DataField> fields)
    {
        this.reader = reader;
        this.fields = fields;
        current = new string?[fields.Count];
        Columns = [.. fields.Select(field => field.Name)];
    }

    public IReadOnlyList<string> Columns { get; }

    public long LineNumber { get; private set; }

    public IReadOnlyList<string?> Fields => current;

    public static async Task<Result<IRecords>> OpenAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            var reader = await ParquetReader.CreateAsync(content, leaveStreamOpen: true, cancellationToken: cancellationToken);
            List<DataField> flat = [.. reader.Schema.GetDataFields().Where(field => !field.IsArray && field.MaxRepetitionLevel == 0 && Reads(field.ClrType)).DistinctBy(field => field.Name)];
            return new ParquetRecords(reader, flat);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The library's exceptions for a damaged file are of many kinds; all mean the same to whoever uploaded it.
            return DatasetErrors.ParquetDamaged(name);
        }
    }

    public async ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        while (inGroup == rowsInGroup)
        {
            if (group == reader.RowGroupCount)
                return ReadOutcome.End;
            if (await ReadGroupAsync(cancellationToken) is { } problem)
                return problem;
        }

        for (var column = 0; column < current.Length; column++)
            current[column] = columns[column][inGroup];
        inGroup++;
        LineNumber++;
        return ReadOutcome.Row;
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    private async ValueTask<ReadOutcome?> ReadGroupAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var rows = reader.OpenRowGroupReader(group++);
            if (rows.RowGroup.TotalByteSize > MaxGroupBytes || rows.RowCount > Array.MaxLength)
                return ReadOutcome.GroupTooLarge;
            columns = new string?[fields.Count][];
            for (var column = 0; column < fields.Count; column++)
                columns[column] = await TextsAsync(rows, fields[column], cancellationToken);
            (inGroup, rowsInGroup) = (0, rows.RowCount);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return ReadOutcome.Damaged;
        }
    }

    /// <summary>How the library names the type of a text that it found in a file.</summary>
    private static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    private static bool IsBytes(Type type) => type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>);

    private static bool Reads(Type type) => IsText(type) || IsBytes(type) || type == typeof(bool) || type == typeof(Guid) || type == typeof(DateTime)
        || type == typeof(decimal) || type == typeof(float) || type == typeof(double) || type == typeof(sbyte) || type == typeof(byte) || type == typeof(short)
        || type == typeof(ushort) || type == typeof(int) || type == typeof(uint) || type == typeof(long) || type == typeof(ulong);

    private static async Task<string?[]> TextsAsync(ParquetRowGroupReader rows, DataField field, CancellationToken cancellationToken)
    {
        var type = field.ClrType;
        if (IsText(type))
        {
            var texts = new string?[rows.RowCount];
            await rows.ReadAsync(field, texts!.AsMemory()!, null, cancellationToken);
            return texts;
        }

        if (IsBytes(type))
        {
            var bytes = new byte[]?[rows.RowCount];
            await rows.ReadAsync(field, bytes!.AsMemory()!, null, cancellationToken);
            return [.. bytes.Select(value => value is null ? null : Encoding.UTF8.GetString(value))];
        }

        return type == typeof(bool) ? await ValuesAsync<bool>(rows, field, value => value ? "true" : "false", cancellationToken)
            : type == typeof(Guid) ? await ValuesAsync<Guid>(rows, field, value => value.ToString(), cancellationToken)
            : type == typeof(DateTime) ? await ValuesAsync<DateTime>(rows, field, value => value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture), cancellationToken)
            : type == typeof(decimal) ? await NumbersAsync<decimal>(rows, field, cancellationToken)
            : type == typeof(float) ? await NumbersAsync<float>(rows, field, cancellationToken)
            : type == typeof(double) ? await NumbersAsync<double>(rows, field, cancellationToken)
            : type == typeof(sbyte) ? await NumbersAsync<sbyte>(rows, field, cancellationToken)
            : type == typeof(byte) ? await NumbersAsync<byte>(rows, field, cancellationToken)
            : type == typeof(short) ? await NumbersAsync<short>(rows, field, cancellationToken)
            : type == typeof(ushort) ? await NumbersAsync<ushort>(rows, field, cancellationToken)
            : type == typeof(int) ? await NumbersAsync<int>(rows, field, cancellationToken)
            : type == typeof(uint) ? await NumbersAsync<uint>(rows, field, cancellationToken)
            : type == typeof(long) ? await NumbersAsync<long>(rows, field, cancellationToken)
            : await NumbersAsync<ulong>(rows, field, cancellationToken);
    }

    private static Task<string?[]> NumbersAsync<T>(ParquetRowGroupReader rows, DataField field, CancellationToken cancellationToken)
        where T : struct, IFormattable =>
        ValuesAsync<T>(rows, field, value => value.ToString(null, CultureInfo.InvariantCulture), cancellationToken);

    private static async Task<string?[]> ValuesAsync<T>(ParquetRowGroupReader rows, DataField field, Func<T, string> write, CancellationToken cancellationToken)
        where T : struct
    {
        if (field.IsNullable)
        {
            var optional = new T?[rows.RowCount];
            await rows.ReadAsync(field, optional.AsMemory(), null, cancellationToken);
            return [.. optional.Select(value => value is { } known ? write(known) : null)];
        }

        var values = new T[rows.RowCount];
        await rows.ReadAsync(field, values.AsMemory(), null, cancellationToken);
        return [.. values.Select(write)];
    }
}
