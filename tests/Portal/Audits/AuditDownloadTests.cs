using System.Net;
using Platform.Domain.Audit;
using Platform.Domain.Keys;

namespace Platform.Portal.Tests.Audits;

public sealed class AuditDownloadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Download_Filtered_HasThoseEntriesOnlyAndNoFormula()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        var team = await host.World.AddTeamAsync("hotels", "Hotels");
        var key = await host.World.AddKeyAsync(team, await host.World.AddTaskAsync(team, "hotel-mood"));
        await host.World.Get<ApiKeys>().RevokeAsync(World.Platform, key.Id, "=HYPERLINK(\"https://example.com\",\"Leaked\")", Cancellation);
        using var client = await host.SignInAsync("ada@example.com");

        var answer = await client.GetAsync("/admin/audit.csv?what=ApiKey&who=first%20start", Cancellation);
        var lines = (await answer.Content.ReadAsStringAsync(Cancellation)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal(3, lines.Length);
        Assert.Contains(",\"key.revoked\",\"ApiKey\",", lines[1], StringComparison.Ordinal);
        Assert.Contains(",\"'=HYPERLINK(\"\"https://example.com\"\",\"\"Leaked\"\")\",", lines[1], StringComparison.Ordinal);
        Assert.Contains(",\"key.issued\",\"ApiKey\",", lines[2], StringComparison.Ordinal);
        var own = Assert.Single(await host.World.Get<AuditTrail>().ReadAsync(new AuditFilter(EntityType: nameof(AuditEntry)), Cancellation));
        Assert.Equal("Ada", own.ActorName);
    }

    [Fact]
    public async Task Download_MemberOrSignedOut_IsRefusedAndLeavesNoEntry()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var member = await host.SignInAsync("mia@example.com");
        using var nobody = host.Open();

        Assert.Equal(HttpStatusCode.Forbidden, (await member.GetAsync("/admin/audit.csv", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/admin/audit.csv", Cancellation)).StatusCode);
        Assert.Empty(await host.World.Get<AuditTrail>().ReadAsync(new AuditFilter(EntityType: nameof(AuditEntry)), Cancellation));
    }
}
