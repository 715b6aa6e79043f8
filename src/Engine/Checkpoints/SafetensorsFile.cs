using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>Where a tensor lies in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as the file writes it, for instance "BF16"; not necessarily one that can be read.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="From">First byte, counted from the start of the data.</param>
/// <param name="To">One behind its last byte.</param>
internal sealed record StoredTensor(string Name, string Type, long[] Shape, long From, long To)
{
    public override string ToString() => $"{Name} {Type}[{string.Join(", ", Shape)}]";
}

/// <summary>An open safetensors file (see <see cref="Safetensors"/>), whose header has been checked and whose tensors are read one by one.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int MaxHeaderBytes = 100_000_000; // the format's own limit
    private const string MetadataField = "__metadata__";

    private readonly FileStream _file;
    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is truncated or not in this format; the message says where.</exception>
    public SafetensorsFile(string path)
    {
        (_path, _file) = (path, File.OpenRead(path));
        try
        {
            var header = ReadHeader();
            _dataStart = 8 + header.Length;
            Parse(header);
            CheckLayout();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Free text beside the tensors.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The tensors, in the order of the header.</summary>
    public IReadOnlyCollection<StoredTensor> Tensors => _tensors.Values;

    /// <summary>A tensor of this name, or null.</summary>
    public StoredTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Reads one tensor.</summary>
    /// <returns>The tensor, on the CPU in the stored type; the caller's dispose scope owns it.</returns>
    /// <exception cref="InvalidDataException">Its type is not supported, or its size does not fit its shape.</exception>
    public Tensor Read(StoredTensor stored)
    {
        if (!Safetensors.Types.TryGetValue(stored.Type, out var type))
            throw new InvalidDataException($"{_path}: tensor {stored.Name} has type \"{stored.Type}\"; supported: {string.Join(", ", Safetensors.Types.Keys)}.");
        if (stored.Shape.Aggregate((Int128)type.ElementSize(), (product, length) => product * length) != stored.To - stored.From)
            throw new InvalidDataException($"{_path}: tensor {stored} claims bytes {stored.From} to {stored.To}, which do not fit its shape.");
        var result = empty(stored.Shape, type);
        try
        {
            _file.Position = _dataStart + stored.From;
            // In pieces: a span holds at most 2 GB.
            for (var (done, total) = (0L, stored.To - stored.From); done < total;)
            {
                var piece = (int)Math.Min(total - done, 1 << 26);
                _file.ReadExactly(result.Piece(done, piece));
                done += piece;
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private byte[] ReadHeader()
    {
        Span<byte> prefix = stackalloc byte[8];
        if (_file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException($"{_path}: {_file.Length} bytes is too short for a safetensors file.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is <= 0 or > MaxHeaderBytes || length + 8 > _file.Length)
            throw new InvalidDataException($"{_path}: the header claims {length} bytes; the file has {_file.Length}. It is truncated or not a safetensors file.");
        var header = new byte[length];
        _file.ReadExactly(header);
        return header;
    }

    private void Parse(byte[] header)
    {
        try
        {
            using var document = JsonDocument.Parse(header);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{_path}: the header is not a JSON object.");
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (field.Name == MetadataField)
                    ReadMetadata(field.Value);
                else if (!_tensors.TryAdd(field.Name, ReadTensor(field.Name, field.Value)))
                    throw new InvalidDataException($"{_path}: tensor {field.Name} is there twice.");
            }
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{_path}: the header is not valid JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{_path}: the header is malformed: {e.Message}", e);
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        foreach (var field in metadata.EnumerateObject())
            Metadata[field.Name] = field.Value.GetString() ?? "";
    }

    private StoredTensor ReadTensor(string name, JsonElement node)
    {
        var shape = node.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
        var offsets = node.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
        if (offsets.Length != 2 || shape.Any(size => size < 0))
            throw new InvalidDataException($"{_path}: tensor {name} has a malformed shape or data_offsets.");
        return new StoredTensor(name, node.GetProperty("dtype").GetString() ?? "", shape, offsets[0], offsets[1]);
    }

    /// <summary>The tensors fill the data without a gap or an overlap, as the format asks: a truncated file is noticed before any weight is used.</summary>
    private void CheckLayout()
    {
        var end = 0L;
        var available = _file.Length - _dataStart;
        foreach (var tensor in _tensors.Values.OrderBy(tensor => tensor.From).ThenBy(tensor => tensor.To))
        {
            if (tensor.From != end || tensor.To < tensor.From || tensor.To > available)
                throw new InvalidDataException($"{_path}: tensor {tensor} claims bytes {tensor.From} to {tensor.To}; the file has {available} bytes of data and the tensor before ends at {end}. It is truncated or damaged.");
            end = tensor.To;
        }

        if (end != available)
            throw new InvalidDataException($"{_path}: the tensors end at byte {end} of the data; the file has {available}. It is damaged.");
    }
}
