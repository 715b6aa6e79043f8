using Platform.Domain.Organisations;

namespace Platform.Domain.Tests.Organisations;

public sealed class OrganisationBookTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SetupAsync_EmptyPlatform_IsDueUntilItIsEndedAndNeverAgain()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<OrganisationBook>();
        Assert.Equal(new SetupState(false, false, null, false, false, false), await StateAsync(database));
        Assert.True((await StateAsync(database)).IsDue);

        await book.BeginSetupAsync(TestWorld.Admin, Cancellation);
        await book.RenameAsync(TestWorld.Admin, " Example Inc ", Cancellation);
        await database.AddTaskAsync(await database.AddTeamAsync());
        var midway = await StateAsync(database);
        Assert.Equal((true, "Example Inc", true, false, true), (midway.IsDue, midway.Name, midway.HasTeam, midway.HasPeople, midway.HasTask));

        await book.EndSetupAsync(TestWorld.Admin, Cancellation);
        await book.EndSetupAsync(TestWorld.Admin, Cancellation);
        await book.BeginSetupAsync(TestWorld.Admin, Cancellation);

        Assert.False((await StateAsync(database)).IsDue);
        Assert.Equal((1, 1, 1), (await database.CountAuditAsync("setup.began"), await database.CountAuditAsync("organisation.renamed"), await database.CountAuditAsync("setup.ended")));
    }

    [Fact]
    public async Task SetupAsync_PlatformInUse_IsNotDue()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.AddTeamAsync();

        Assert.False((await StateAsync(database)).IsDue);
    }

    [Fact]
    public async Task RenameAsync_BadNameOrMember_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<OrganisationBook>();

        Assert.Equal("organisation_name_invalid", (await book.RenameAsync(TestWorld.Admin, "  ", Cancellation)).Error.Code);
        Assert.Equal("organisation_name_invalid", (await book.RenameAsync(TestWorld.Admin, new string('x', Organisation.LongestName + 1), Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await book.RenameAsync(TestWorld.MemberOf(), "Example Inc", Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await book.EndSetupAsync(TestWorld.MemberOf(), Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await book.SetupAsync(TestWorld.MemberOf(), Cancellation)).Error.Code);
        Assert.Null(await book.NameAsync(Cancellation));
    }

    private static async Task<SetupState> StateAsync(TestDatabase database) => (await database.Get<OrganisationBook>().SetupAsync(TestWorld.Admin, Cancellation)).Value;
}
