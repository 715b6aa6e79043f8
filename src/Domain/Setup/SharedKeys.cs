using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Platform.Domain.Setup;

/// <summary>The key ring that all hosts share, in the data folder: what one of them protects, the others can read.</summary>
internal static class SharedKeys
{
    /// <summary>Part of what protects: hosts with another name cannot read it.</summary>
    private const string ApplicationName = "Platform";

    public static IServiceCollection AddSharedKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<IOptions<PlatformOptions>, ILoggerFactory>((keys, platform, loggers) =>
            keys.XmlRepository = new FileSystemXmlRepository(CreatePrivate(platform.Value.KeysFolder), loggers));
        return services;
    }

    /// <summary>Who reads the keys can forge sessions and read samples: only the platform's own account may.</summary>
    private static DirectoryInfo CreatePrivate(string folder) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(folder)
        : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
