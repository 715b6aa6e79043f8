using Platform.Domain.Users;

namespace Platform.Portal.Access;

internal static class PasswordChangeGate
{
    /// <summary>Whoever signed in with a one-time password gets nowhere before choosing a new one.</summary>
    public static IApplicationBuilder UsePasswordChangeGate(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (!context.User.HasClaim(claim => claim.Type == SessionClaims.MustChangePassword) || IsOpen(context.Request.Path))
            return next(context);
        context.Response.Redirect(SignInRedirects.PasswordPath);
        return Task.CompletedTask;
    });

    private static bool IsOpen(PathString path) =>
        path.StartsWithSegments(SignInRedirects.PasswordPath) || path.StartsWithSegments("/signout") || path.StartsWithSegments("/healthz")
        || Path.HasExtension(path.Value);
}
