using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;
using Platform.Domain.Users;

namespace Platform.Portal.Access;

internal static class SignOut
{
    /// <summary>By POST with a token, so that no other site can sign people out.</summary>
    public static void MapSignOut(this IEndpointRouteBuilder routes) => routes.MapPost("/signout", SignOutAsync).AllowAnonymous();

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, SignInManager<User> signIn)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
            return Results.LocalRedirect("/");
        await signIn.SignOutAsync();
        return Results.LocalRedirect(SignInRedirects.SignInPath);
    }
}
