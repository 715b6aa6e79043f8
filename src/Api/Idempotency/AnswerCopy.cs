namespace Platform.Api.Idempotency;

/// <summary>
/// Stands in for a response's body and keeps a copy. A stream of events goes on to the client as it comes; anything else is held back,
/// because it may leave only after it was stored.
/// </summary>
/// <param name="response">The response.</param>
/// <param name="limit">Bytes that are kept; a larger answer is answered but not kept.</param>
internal sealed class AnswerCopy(HttpResponse response, long limit) : Stream
{
    private readonly Stream client = response.Body;
    private readonly MemoryStream copy = new();

    public bool IsTooLarge { get; private set; }

    /// <summary>The body went to the client as it came.</summary>
    public bool IsSent { get; private set; }

    public byte[] Content => copy.ToArray();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var isStream = response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true;
        IsTooLarge |= copy.Length + buffer.Length > limit;
        if (!isStream || !IsTooLarge)
            copy.Write(buffer.Span);
        if (!isStream)
            return;
        IsSent = true;
        await client.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => IsSent ? client.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are written asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
