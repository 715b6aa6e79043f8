using System.Net.Sockets;
using Hangfire;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Platform.Domain.Persistence;

namespace Platform.Jobs.Hosting;

internal static class JobsHost
{
    private const string DefaultUrl = "http://127.0.0.1:5082";

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (string.IsNullOrWhiteSpace(builder.Configuration["urls"]))
            builder.WebHost.UseUrls(DefaultUrl);
        builder.AddJobs();
        await using var app = builder.Build();
        try
        {
            // Hangfire makes its own tables as soon as it is asked for; hosts that start together do it one after the other.
            await app.Services.MigratePlatformAsync(() => app.Services.GetRequiredService<JobStorage>(), app.Lifetime.ApplicationStopping);
            app.MapJobs();
            await app.RunAsync();
            return 0;
        }
        catch (OptionsValidationException exception)
        {
            return await RefuseAsync(exception.Failures);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException or SocketException)
        {
            return await RefuseAsync([$"Jobs cannot listen on {builder.Configuration["urls"] ?? DefaultUrl}: another process uses the port. Stop it, or choose another address with --urls http://127.0.0.1:PORT."]);
        }
    }

    private static async Task<int> RefuseAsync(IEnumerable<string> problems)
    {
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync(problem);
        return 1;
    }
}
