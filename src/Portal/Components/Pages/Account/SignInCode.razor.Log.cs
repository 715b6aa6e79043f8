namespace Platform.Portal.Components.Pages.Account;

public sealed partial class SignInCode
{
    [LoggerMessage(3003, LogLevel.Warning, "A sign-in code was refused (account locked: {Locked}).")]
    private static partial void LogRefused(ILogger logger, bool locked);
}
