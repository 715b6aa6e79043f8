using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Platform.Portal.Access;

/// <summary>People are sent to a page; scripts get a plain status.</summary>
internal static class SignInRedirects
{
    public const string SignInPath = "/signin";
    public const string CodePath = "/signin/code";
    public const string DeniedPath = "/denied";
    public const string PasswordPath = "/password";
    public const string InvitationPath = "/invitation";

    public static void Configure(CookieAuthenticationOptions cookie)
    {
        cookie.LoginPath = SignInPath;
        cookie.AccessDeniedPath = DeniedPath;
        cookie.ReturnUrlParameter = "return";
        cookie.Events.OnRedirectToLogin = context => AnswerAsync(context, StatusCodes.Status401Unauthorized);
        cookie.Events.OnRedirectToAccessDenied = context => AnswerAsync(context, StatusCodes.Status403Forbidden);
    }

    /// <summary>Only a place inside the portal: anything else would let a link lead people away after they signed in.</summary>
    public static string LocalOrHome(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) ? path : "/";

    /// <summary>The token is in the fragment, which browsers never send: no log, proxy or referrer sees it.</summary>
    public static string InvitationAddress(string baseUri, string token) => $"{baseUri.TrimEnd('/')}{InvitationPath}#{token}";

    private static Task AnswerAsync(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            context.Response.Redirect(context.RedirectUri);
        else
            context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
