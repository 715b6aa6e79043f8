using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;
using Platform.Domain.Users;

namespace Platform.Portal.Access;

internal static class SignOut
{
    public const string OthersPath = "/signout/others";

    /// <summary>By POST with a token, so that no other site can sign people out.</summary>
    public static void MapSignOut(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/signout", SignOutAsync).AllowAnonymous();
        routes.MapPost(OthersPath, SignOthersOutAsync).RequireAuthorization();
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, SignInManager<User> signIn)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
            return Results.LocalRedirect("/");
        await signIn.SignOutAsync();
        return Results.LocalRedirect(SignInRedirects.SignInPath);
    }

    private static async Task<IResult> SignOthersOutAsync(
        HttpContext context, IAntiforgery antiforgery, UserAccounts accounts, SessionRenewal sessions, CancellationToken cancellationToken)
    {
        if (!await antiforgery.IsRequestValidAsync(context) || CurrentActor.UserIdOf(context.User) is not { } userId)
            return Results.LocalRedirect("/profile");
        var actor = await accounts.ActorAsync(userId, cancellationToken);
        var ended = actor.IsSuccess ? await accounts.EndSessionsAsync(actor.Value, cancellationToken) : actor;
        if (ended.IsFailure)
            return Results.Problem(ended.Error.Message, statusCode: ended.Error.Status);
        await sessions.RenewAsync(userId, cancellationToken);
        return Results.LocalRedirect("/profile?ended=true");
    }
}
