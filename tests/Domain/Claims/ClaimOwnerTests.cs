using System.Diagnostics;
using Platform.Domain.Claims;

namespace Platform.Domain.Tests.Claims;

public sealed class ClaimOwnerTests
{
    [Fact]
    public void IsDead_ThisProcess_IsNot() => Assert.False(ClaimOwner.Parse(WorkClaims.NewOwner("jobs"))!.IsDead(DateTimeOffset.UtcNow));

    [Fact]
    public void IsDead_ThisProcessNumberInAnEarlierLife_Is() =>
        Assert.True((ClaimOwner.New("jobs") with { Unique = new string('0', 32) }).IsDead(DateTimeOffset.UtcNow));

    [Fact]
    public void IsDead_ProcessThatEnded_Is()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();

        Assert.True((ClaimOwner.New("jobs") with { ProcessId = process.Id }).IsDead(DateTimeOffset.UtcNow));
    }

    [Fact]
    public void IsDead_LivingProcessThatStartedAfterTheHeartbeat_Is()
    {
        var owner = ClaimOwner.New("jobs") with { ProcessId = 1 };

        Assert.True(owner.IsDead(DateTimeOffset.UnixEpoch));
        Assert.False(owner.IsDead(DateTimeOffset.UtcNow));
    }

    [Fact]
    public void IsDead_AnotherMachine_IsNotKnown() => Assert.False((ClaimOwner.New("jobs") with { Machine = "elsewhere", ProcessId = 999_999 }).IsDead(DateTimeOffset.UnixEpoch));

    [Fact]
    public void Parse_NameOfAnotherMaker_IsNull() => Assert.Null(ClaimOwner.Parse("worker-7"));
}
