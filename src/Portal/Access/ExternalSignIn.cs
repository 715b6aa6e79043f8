using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Platform.Domain.Users;
using Platform.Portal.Setup;

namespace Platform.Portal.Access;

/// <summary>
/// Sign-in by OpenID Connect. It finds the user whose address the provider has verified and never makes one: who may use the platform,
/// and as what, is decided here.
/// </summary>
internal static partial class ExternalSignIn
{
    public const string Scheme = OpenIdConnectDefaults.AuthenticationScheme;

    private const string StartPath = "/signin/external";
    private const string DonePath = "/signin/external/done";
    private const string CallbackPath = "/signin/external/callback";
    private const string Unknown = "unknown";
    private const string Unverified = "unverified";
    private const string Locked = "locked";
    private const string Failed = "failed";

    public static string StartAddress(string target) => $"{StartPath}?return={Uri.EscapeDataString(target)}";

    /// <summary>What the sign-in page says about a problem that is named in its address; null for anything else.</summary>
    public static string? WordsOf(string? problem, string provider) => problem switch
    {
        Unknown => $"Nobody here has the address of {provider}. Ask an admin to invite you by that address.",
        Unverified => $"The address of {provider} is not verified there. Verify it, or sign in with your password.",
        Locked => UserErrors.Locked().Message,
        Failed => $"Signing in with {provider} did not work. Try again; if it goes on, ask an admin to look at the portal's log.",
        _ => null,
    };

    public static void AddExternalSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration.GetSection(OpenIdConnectSettings.Section).Get<OpenIdConnectSettings>() is not { IsOn: true } settings)
            return;
        services.AddAuthentication().AddOpenIdConnect(Scheme, options =>
        {
            options.Authority = settings.Authority!.ToString();
            options.ClientId = settings.ClientId;
            options.ClientSecret = settings.ClientSecret;
            options.RequireHttpsMetadata = settings.Authority.Scheme == Uri.UriSchemeHttps;
            options.SignInScheme = IdentityConstants.ExternalScheme;
            options.CallbackPath = CallbackPath;
            options.ResponseType = OpenIdConnectResponseType.Code;
            options.ResponseMode = OpenIdConnectResponseMode.Query;
            options.UsePkce = true;
            options.SaveTokens = false;
            options.MapInboundClaims = false;
            options.GetClaimsFromUserInfoEndpoint = true;
            options.ClaimActions.MapJsonKey("email", "email");
            options.ClaimActions.MapJsonKey("email_verified", "email_verified");
            options.Scope.Clear();
            foreach (var scope in new[] { "openid", "profile", "email" })
                options.Scope.Add(scope);

            // The provider answers by a plain redirect: cookies need not travel with requests of other sites.
            foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
                (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            options.Events.OnRemoteFailure = context =>
            {
                LogFailed(LoggerOf(context.HttpContext), context.Failure?.GetType().Name ?? "");
                context.Response.Redirect(ProblemAddress(Failed));
                context.HandleResponse();
                return Task.CompletedTask;
            };
        });
    }

    public static void MapExternalSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(StartPath, StartAsync).AllowAnonymous();
        routes.MapGet(DonePath, FinishAsync).AllowAnonymous();
    }

    private static async Task<IResult> StartAsync(IAuthenticationSchemeProvider schemes, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "return")] string? target) =>
        await schemes.GetSchemeAsync(Scheme) is null
            ? Results.LocalRedirect(SignInRedirects.SignInPath)
            : Results.Challenge(new AuthenticationProperties { RedirectUri = $"{DonePath}?return={Uri.EscapeDataString(SignInRedirects.LocalOrHome(target))}" }, [Scheme]);

    private static async Task<IResult> FinishAsync(HttpContext context, SignInManager<User> sessions, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "return")] string? target)
    {
        var external = await context.AuthenticateAsync(IdentityConstants.ExternalScheme);
        await context.SignOutAsync(IdentityConstants.ExternalScheme);
        if (external.Principal is not { } principal)
            return Results.LocalRedirect(ProblemAddress(Failed));
        if (!IsVerified(principal) || principal.FindFirstValue("email") is not { Length: > 0 } email)
            return Results.LocalRedirect(ProblemAddress(Unverified));
        if (await sessions.UserManager.FindByEmailAsync(email) is not { } user)
            return Results.LocalRedirect(ProblemAddress(Unknown));
        if (await sessions.UserManager.IsLockedOutAsync(user))
            return Results.LocalRedirect(ProblemAddress(Locked));

        var local = SignInRedirects.LocalOrHome(target);
        if (user.TwoFactorEnabled)
        {
            await context.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, new ClaimsPrincipal(new ClaimsIdentity(
                [new Claim(ClaimTypes.Name, user.Id.ToString("D", CultureInfo.InvariantCulture))], IdentityConstants.TwoFactorUserIdScheme)));
            return Results.LocalRedirect($"{SignInRedirects.CodePath}?return={Uri.EscapeDataString(local)}");
        }

        await sessions.SignInAsync(user, isPersistent: false);
        return Results.LocalRedirect(local);
    }

    /// <summary>Providers send it as a Boolean, some as text.</summary>
    private static bool IsVerified(ClaimsPrincipal principal) => bool.TryParse(principal.FindFirstValue("email_verified"), out var verified) && verified;

    private static string ProblemAddress(string problem) => $"{SignInRedirects.SignInPath}?problem={problem}";

    private static ILogger LoggerOf(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ExternalSignIn).FullName!);

    /// <summary>The kind of the failure only: its message may hold a code or a token.</summary>
    [LoggerMessage(3004, LogLevel.Warning, "A sign-in by OpenID Connect failed ({Failure}).")]
    private static partial void LogFailed(ILogger logger, string failure);
}
