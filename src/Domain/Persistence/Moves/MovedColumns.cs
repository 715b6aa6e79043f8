using System.Data.Common;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace Platform.Domain.Persistence.Moves;

/// <summary>A table of the model as both providers keep it: its columns, and how a value is read and written.</summary>
internal sealed class MovedColumns
{
    private static readonly Dictionary<Type, NpgsqlDbType> Types = new()
    {
        [typeof(string)] = NpgsqlDbType.Text,
        [typeof(long)] = NpgsqlDbType.Bigint,
        [typeof(int)] = NpgsqlDbType.Integer,
        [typeof(bool)] = NpgsqlDbType.Boolean,
        [typeof(double)] = NpgsqlDbType.Double,
        [typeof(Guid)] = NpgsqlDbType.Uuid,
        [typeof(byte[])] = NpgsqlDbType.Bytea,
    };

    private readonly Type[] types;

    public MovedColumns(ITable table)
    {
        Table = table.Name;
        Names = [.. table.Columns.Select(column => column.Name)];
        types = [.. table.Columns.Select(TypeOf)];
        NumberedBy = table.Columns.FirstOrDefault(IsNumbered)?.Name;
    }

    public string Table { get; }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The column that the database numbers by itself; null without one.</summary>
    public string? NumberedBy { get; }

    public string List => string.Join(", ", Names.Select(name => $"\"{name}\""));

    public object?[] Read(DbDataReader reader)
    {
        var values = new object?[types.Length];
        for (var i = 0; i < types.Length; i++)
            values[i] = reader.IsDBNull(i) ? null : Value(reader, i, types[i]);
        return values;
    }

    public async Task WriteAsync(NpgsqlBinaryImporter importer, object?[] values, CancellationToken cancellationToken)
    {
        await importer.StartRowAsync(cancellationToken);
        for (var i = 0; i < values.Length; i++)
            if (values[i] is { } value)
                await importer.WriteAsync(value, Types[types[i]], cancellationToken);
            else
                await importer.WriteNullAsync(cancellationToken);
    }

    private static object Value(DbDataReader reader, int column, Type type) =>
        type == typeof(string) ? reader.GetString(column)
        : type == typeof(long) ? reader.GetInt64(column)
        : type == typeof(int) ? reader.GetInt32(column)
        : type == typeof(bool) ? reader.GetBoolean(column)
        : type == typeof(double) ? reader.GetDouble(column)
        : type == typeof(Guid) ? reader.GetGuid(column)
        : reader.GetFieldValue<byte[]>(column);

    private static bool IsNumbered(IColumn column) => column.PropertyMappings.Any(mapping =>
        mapping.Property.ValueGenerated == ValueGenerated.OnAdd && mapping.Property.IsPrimaryKey() && TypeOf(column) is var type && (type == typeof(long) || type == typeof(int)));

    private static Type TypeOf(IColumn column)
    {
        var mapping = column.StoreTypeMapping;
        var type = mapping.Converter?.ProviderClrType ?? mapping.ClrType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return Types.ContainsKey(type) ? type : throw new NotSupportedException($"{column.Table.Name}.{column.Name} is {type.Name}, which cannot be moved yet.");
    }
}
