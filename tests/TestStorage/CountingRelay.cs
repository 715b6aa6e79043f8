using System.Net;
using System.Net.Sockets;

namespace Platform.TestStorage;

/// <summary>Stands between a client and a server, counts the bytes, and can let nothing more through after some of them.</summary>
public sealed class CountingRelay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly int target;
    private readonly long holdAfter;
    private readonly TaskCompletionSource holding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task accepting;
    private bool closed;
    private long sent;
    private long received;

    /// <param name="target">The server's port.</param>
    /// <param name="holdAfter">After so many bytes of the client nothing of it gets through any more.</param>
    public CountingRelay(int target, long holdAfter = long.MaxValue)
    {
        (this.target, this.holdAfter) = (target, holdAfter);
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>By clients.</summary>
    public long BytesSent => Interlocked.Read(ref sent);

    /// <summary>By clients.</summary>
    public long BytesReceived => Interlocked.Read(ref received);

    /// <summary>Ends when nothing gets through any more.</summary>
    public Task Holding => holding.Task;

    public async ValueTask DisposeAsync()
    {
        if (closed)
            return;
        closed = true;
        await closing.CancelAsync();
        listener.Stop();
        await accepting;
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(RelayAsync(await listener.AcceptTcpClientAsync(closing.Token)));
        }
        catch (Exception exception) when (closing.IsCancellationRequested && exception is OperationCanceledException or InvalidOperationException or ObjectDisposedException or SocketException)
        {
            // The listener says in any of these ways that it was closed, depending on where it was just then.
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, closing.Token);
                await await Task.WhenAny(CopyAsync(client.GetStream(), server.GetStream(), OnSentAsync), CopyAsync(server.GetStream(), client.GetStream(), OnReceivedAsync));
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the ends is gone, so the other goes too.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Func<int, Task> onRead)
    {
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await from.ReadAsync(buffer, closing.Token)) > 0)
        {
            await onRead(read);
            await to.WriteAsync(buffer.AsMemory(0, read), closing.Token);
        }
    }

    private async Task OnSentAsync(int bytes)
    {
        if (Interlocked.Add(ref sent, bytes) <= holdAfter)
            return;
        holding.TrySetResult();
        await Task.Delay(Timeout.Infinite, closing.Token);
    }

    private Task OnReceivedAsync(int bytes)
    {
        Interlocked.Add(ref received, bytes);
        return Task.CompletedTask;
    }
}
