using Microsoft.AspNetCore.Authorization;
using Platform.Domain.Users;

namespace Platform.Portal.Access;

internal static class PasswordChangeGate
{
    /// <summary>Whoever signed in with a one-time password gets nowhere before choosing a new one.</summary>
    public static IApplicationBuilder UsePasswordChangeGate(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (!context.User.HasClaim(claim => claim.Type == SessionClaims.MustChangePassword) || IsOpen(context))
            return next(context);
        context.Response.Redirect(SignInRedirects.PasswordPath);
        return Task.CompletedTask;
    });

    /// <summary>Open to everybody (styles, scripts, the sign-in page), or needed for the change itself.</summary>
    private static bool IsOpen(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
        || context.Request.Path.StartsWithSegments(SignInRedirects.PasswordPath) || context.Request.Path.StartsWithSegments("/signout");
}
