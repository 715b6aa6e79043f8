using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.Domain.Users;

/// <summary>
/// One sign-in for every host of the platform. Browsers send a cookie to all ports of a machine, so a host that shares its name
/// and the domain's key ring accepts what the portal issued. Call it after <c>AddPlatformDomain</c>.
/// </summary>
public static class SharedSignIn
{
    public const string CookieName = "platform.session";

    /// <summary>How soon a changed password, role or lock ends the sessions that were open before it.</summary>
    private static readonly TimeSpan RightsCheckedEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SessionLength = TimeSpan.FromHours(12);

    public static IServiceCollection AddSharedSignIn(this IServiceCollection services)
    {
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.ConfigureApplicationCookie(cookie =>
        {
            cookie.Cookie.Name = CookieName;
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = SessionLength;
            cookie.SlidingExpiration = true;
        });
        services.Configure<SecurityStampValidatorOptions>(options => options.ValidationInterval = RightsCheckedEvery);
        new IdentityBuilder(typeof(User), typeof(IdentityRole<Guid>), services)
            .AddSignInManager()
            .AddClaimsPrincipalFactory<SessionClaims>();
        return services;
    }
}
