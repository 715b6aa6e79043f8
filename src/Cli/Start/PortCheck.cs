using System.Net;
using System.Net.Sockets;
using Platform.Cli.Serving;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <summary>Before anything is touched: are the ports free?</summary>
internal static class PortCheck
{
    public static void Require(PlatformUrls urls)
    {
        var busy = new[] { ("Portal", urls.Portal.Port), ("Api", urls.Api.Port), ("Jobs", urls.Jobs.Port) }.Where(host => IsBusy(host.Item2)).ToList();
        if (busy.Count > 0)
            throw new CommandFailure([.. busy.Select(host =>
                $"Port {host.Item2} ({host.Item1}) is in use, most likely by another ./run. Stop that one first (Ctrl-C in its terminal), or choose another port by --{host.Item1.ToLowerInvariant()}-port. Nothing was started or changed.")]);
    }

    private static bool IsBusy(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // A port of a stopped host stays in TIME_WAIT for a while, which does not hinder the next one.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
