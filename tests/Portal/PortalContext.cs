using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using Microsoft.AspNetCore.Components.Server.ProtectedBrowserStorage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;
using Platform.Domain.Setup;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;
using Platform.Portal.Components.Pages.Runs;
using Platform.Portal.Setup;
using Platform.Portal.Tasks;
using Platform.TestStorage;

namespace Platform.Portal.Tests;

/// <summary>Pages on a real database in a temporary folder, with a signed-in user.</summary>
public sealed class PortalContext : BunitContext
{
    private readonly string folder;
    private readonly TestDatabaseCopy database;
    private readonly BunitAuthorizationContext authorization;

    // A page loads from a real database; on a busy machine that may take longer than bUnit's one second.
    static PortalContext() => DefaultWaitTimeout = TimeSpan.FromSeconds(20);

    private PortalContext(string folder, TestDatabaseCopy database)
    {
        this.folder = folder;
        this.database = database;
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLogging();
        Services.AddSingleton(TimeProvider.System);
        Services.AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(database.Settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build());
        Services.AddOptions<PortalOptions>();
        Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddScoped<CurrentActor>();
        Services.AddScoped<ViewerTime>();
        Services.AddScoped<ProtectedSessionStorage>();
        Services.AddScoped<FormDrafts>();
        Services.AddSingleton<EffectiveSettings>();
        Services.AddSingleton<IConfiguration>(_ => new ConfigurationBuilder().Build());
        Services.AddSingleton<TaskOverview>();
        Services.AddSingleton<TaskUsage>();
        Services.AddSingleton<RunComparing>();
        Services.AddSingleton<HomeOverview>();
        authorization = AddAuthorization();
    }

    public World World { get; private set; } = null!;

    public static async Task<PortalContext> CreateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("platform-portal-").FullName;
        var context = new PortalContext(folder, await TestDatabaseCopy.CreateAsync(folder));
        context.World = new World(context.Services, TimeProvider.System);
        return context;
    }

    public async Task<Guid> SignInAsync(bool isAdmin, string email = "user@example.com")
    {
        var id = await World.AddUserAsync(email, "Uma User", isAdmin);
        authorization.SetAuthorized(email);
        authorization.SetRoles(isAdmin ? Roles.Admin : Roles.Member);
        authorization.SetClaims(new Claim(ClaimTypes.NameIdentifier, id.ToString()));
        return id;
    }

    /// <summary>What a page meets when the disk has eaten the database.</summary>
    public Task BreakDatabaseAsync() => database.BreakAsync();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        database.DisposeAsync().AsTask().GetAwaiter().GetResult();
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
