using System.Net;
using System.Net.Sockets;

namespace Platform.Cli.Tests.Start;

public sealed class StartCommandTests
{
    [Fact]
    public async Task Start_OnABusyPort_NamesItAndTouchesNothing()
    {
        using var folder = new TestFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var busy = ((IPEndPoint)other.LocalEndpoint).Port;

        var run = (await CommandRun.OfAsync(
            "start", "--once", "--portal-port", $"{FreePort.Next()}", "--api-port", $"{busy}", "--jobs-port", $"{FreePort.Next()}", "--data", folder.Data)).Expect(1);

        Assert.Contains($"Port {busy} (Api) is in use", run.Error, StringComparison.Ordinal);
        Assert.Contains("--api-port", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Data));
    }
}
