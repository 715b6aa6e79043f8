namespace Platform.Cli.Terminal;

internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C before the work was done: what shells expect (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
