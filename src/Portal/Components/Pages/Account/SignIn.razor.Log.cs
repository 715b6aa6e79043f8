namespace Platform.Portal.Components.Pages.Account;

public sealed partial class SignIn
{
    [LoggerMessage(3002, LogLevel.Warning, "A sign-in was refused (account locked: {Locked}).")]
    private static partial void LogRefused(ILogger logger, bool locked);
}
