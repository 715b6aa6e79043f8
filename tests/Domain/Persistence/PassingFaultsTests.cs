using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.Domain.Tests.Persistence;

public sealed class PassingFaultsTests
{
    [Fact]
    public async Task IsPassing_PostgresThatIsNotThere_IsADatabaseFaultThatPasses()
    {
        var builder = new DbContextOptionsBuilder<PlatformDbContext>();
        builder.UsePlatformPostgres($"Host=127.0.0.1;Port={ClosedPort()};Database=none;Username=none;Timeout=5");
        await using var context = new PlatformDbContext(builder.Options);

        var fault = await Assert.ThrowsAnyAsync<DbException>(() => context.Teams.CountAsync(TestContext.Current.CancellationToken));

        Assert.True(fault.IsPassing());
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
