using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

const string DefaultUrl = "http://127.0.0.1:5081";

// The settings lie next to the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (string.IsNullOrEmpty(builder.Configuration["urls"]))
    builder.WebHost.UseUrls(DefaultUrl);
builder.WebHost.ConfigureKestrel((context, kestrel) =>
{
    kestrel.AddServerHeader = false;

    // Twice: the handlers refuse at the limit with a message that names it, the server cuts off who goes on sending.
    var options = context.Configuration.GetSection(ApiOptions.Section).Get<ApiOptions>() ?? new ApiOptions();
    kestrel.Limits.MaxRequestBodySize = 2 * options.MaxBodyBytes;

    // A connection whose client does not take its answer is memory that somebody else needs.
    kestrel.Limits.MinResponseDataRate = new MinDataRate(options.MinReadBytesPerSecond, TimeSpan.FromSeconds(5));
});
builder.Services.AddPlatformDomain(builder.Configuration).AddInferenceApi(builder.Configuration);

var app = builder.Build();
app.UseInferenceApi();
try
{
    // Before anything is touched; the host would do it after the migration.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    await app.Services.MigratePlatformAsync(CancellationToken.None);
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException exception)
{
    foreach (var problem in exception.Failures)
        await Console.Error.WriteLineAsync(problem);
    return 2;
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"The Api cannot start: {exception.Message} Stop the program that listens there, or choose another address with --urls.");
    return 3;
}
