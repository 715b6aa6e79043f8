using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Platform.Domain.Setup;

namespace Platform.Domain.Users;

/// <summary>
/// One sign-in for every host of the platform. Browsers send a cookie to all ports of a machine, so a host that shares its name,
/// the key ring and the application name accepts what the portal issued. Call it after <c>AddPlatformDomain</c>.
/// </summary>
public static class SharedSignIn
{
    public const string CookieName = "platform.session";

    /// <summary>Part of what protects the cookie: hosts with another name cannot read it.</summary>
    public const string ApplicationName = "Platform";

    /// <summary>How soon a changed password, role or lock ends the sessions that were open before it.</summary>
    private static readonly TimeSpan RightsCheckedEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SessionLength = TimeSpan.FromHours(12);

    public static IServiceCollection AddSharedSignIn(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<IOptions<PlatformOptions>, ILoggerFactory>((keys, platform, loggers) =>
            keys.XmlRepository = new FileSystemXmlRepository(CreatePrivate(platform.Value.KeysFolder), loggers));

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

    /// <summary>Who reads the keys can forge sessions: only the platform's own account may.</summary>
    private static DirectoryInfo CreatePrivate(string folder) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(folder)
        : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
