using System.Net.Mime;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using MudBlazor;
using MudBlazor.Services;
using Platform.Domain.Fleet;
using Platform.Domain.Setup;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Audits;
using Platform.Portal.Components;
using Platform.Portal.Components.Controls;
using Platform.Portal.Components.Pages.Runs;
using Platform.Portal.Costs;
using Platform.Portal.Fleet;
using Platform.Portal.Samples;
using Platform.Portal.Tasks;
using Platform.Portal.Uploads;
using Platform.Portal.Usage;

namespace Platform.Portal.Setup;

internal static class PortalSetup
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    public static void AddPortal(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        var services = builder.Services;
        services.AddPlatformDomain(builder.Configuration).AddSharedSignIn();
        services.AddOptions<PortalOptions>().Bind(builder.Configuration.GetSection(PortalOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PortalOptions>, ValidatePortalOptions>();
        services.AddExternalSignIn(builder.Configuration);
        services.AddScoped<SessionRenewal>();
        services.ConfigureApplicationCookie(SignInRedirects.Configure);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddAntiforgery(antiforgery => antiforgery.Cookie.Name = "platform.antiforgery");
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        services.AddProblemDetails();

        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, RevalidatingSession>();
        services.AddMudServices(mud => mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
        services.AddHeartbeat<PortalReporter>(HostKind.Portal);
        services.AddScoped<CurrentActor>();
        services.AddScoped<ViewerTime>();
        services.AddScoped<FormDrafts>();
        services.AddSingleton<InvitationAttempts>();
        services.AddSingleton<EffectiveSettings>();
        services.AddSingleton<TaskOverview>();
        services.AddSingleton<TaskUsage>();
        services.AddSingleton<RunComparing>();
        services.AddSingleton<HomeOverview>();
    }

    public static void MapPortal(this WebApplication app)
    {
        app.UseKnownProxies(app.Services.GetRequiredService<IOptions<PortalOptions>>().Value.KnownProxies);
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseSecurityHeaders();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.Use(GiveScriptsTheBareStatus);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UsePasswordChangeGate();
        app.UseAntiforgery();

        // Alive and able to work are two questions: a database that is away is no reason to start the process again.
        app.MapHealthChecks("/healthz", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/readyz").AllowAnonymous();
        app.MapStaticAssets().AllowAnonymous();
        app.MapUploads();
        app.MapIntakes();
        app.MapUsageDownload();
        app.MapAuditDownload();
        app.MapTaskUsageDownload();
        app.MapCostDownload();
        app.MapSampleDownload();
        app.MapSignOut();
        app.MapExternalSignIn();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(mode => mode.ContentSecurityFrameAncestorsPolicy = "'none'");
    }

    private static Task GiveScriptsTheBareStatus(HttpContext context, RequestDelegate next)
    {
        var isForPeople = HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);
        if (!isForPeople && context.Features.Get<IStatusCodePagesFeature>() is { } pages)
            pages.Enabled = false;
        return next(context);
    }
}
