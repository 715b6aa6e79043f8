using Platform.Domain.Persistence;
using Platform.Portal.Setup;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,

    // Settings lie beside the program, whatever folder it was started from.
    ContentRootPath = AppContext.BaseDirectory,
});
builder.AddPortal();
var app = builder.Build();
await app.Services.MigratePlatformAsync(app.Lifetime.ApplicationStopping);
app.MapPortal();
await app.RunAsync();
