using System.Text;

namespace Platform.Domain.Tests;

/// <summary>Some text and then one endless line of the letter x, made on the fly.</summary>
public sealed class HugeLineStream(string start, long lineBytes) : Stream
{
    private readonly byte[] head = Encoding.UTF8.GetBytes(start);
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => head.Length + lineBytes;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = 0;
        for (; read < count && position < Length; read++, position++)
            buffer[offset + read] = position < head.Length ? head[position] : (byte)'x';
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
