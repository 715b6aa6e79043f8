using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Platform.Domain.Users;

namespace Platform.Jobs.Hosting;

/// <summary>
/// Who may see the dashboard: admins who signed in at the portal, from wherever the request comes. It can delete and start jobs,
/// so being on the same machine is no right to it.
/// </summary>
internal static class DashboardAccess
{
    public const string Policy = "admins";

    private const string SignInPath = "/signin";

    public static void AddDashboardAccess(this IServiceCollection services)
    {
        services.AddSharedSignIn();
        services.AddAuthorization(authorization => authorization.AddPolicy(Policy, policy => policy
            .RequireAuthenticatedUser()
            .RequireRole(Roles.Admin)
            .RequireAssertion(context => !context.User.HasClaim(claim => claim.Type == SessionClaims.MustChangePassword))));
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme)
            .Configure<IOptions<JobsOptions>>((cookie, jobs) =>
            {
                cookie.Events.OnRedirectToLogin = context => SendToPortalAsync(context, jobs.Value);
                cookie.Events.OnRedirectToAccessDenied = context => RefuseAsync(context.HttpContext);
            });
    }

    /// <summary>A browser goes to the portal, which sends it back after the sign-in; anything else is told in a word.</summary>
    private static Task SendToPortalAsync(RedirectContext<CookieAuthenticationOptions> context, JobsOptions options)
    {
        var wantsPage = HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        if (!wantsPage)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        context.Response.Redirect(new Uri(new Uri(options.PortalUrl), SignInPath).ToString());
        return Task.CompletedTask;
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("The dashboard of Jobs is for admins. Ask one of your admins, or look at the run's page in the portal.", context.RequestAborted);
    }
}
