namespace Platform.Cli.Tests.Keys;

public sealed class AccountCommandsTests
{
    [Fact]
    public async Task Keys_Issued_AreListedWithoutTheirSecret_AndRevoked()
    {
        using var folder = new TestFolder();
        await ImportAsync(folder);

        var issued = (await CommandRun.OfAsync("keys", "issue", "chat widget", "--team", "hotel", "--task", "mood", "--data", folder.Data, "--json")).Expect(0).Json;
        var secret = issued.GetProperty("secret").GetString()!;
        var listed = (await CommandRun.OfAsync("keys", "list", "--data", folder.Data, "--json")).Expect(0);
        (await CommandRun.OfAsync("keys", "revoke", issued.GetProperty("id").GetString()!, "--reason", "a test", "--data", folder.Data)).Expect(0);
        var after = (await CommandRun.OfAsync("keys", "list", "--data", folder.Data, "--json")).Expect(0).Json[0];

        Assert.StartsWith("sk-", secret, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, listed.Output, StringComparison.Ordinal);
        Assert.Equal(["mood"], listed.Json[0].GetProperty("tasks").EnumerateArray().Select(task => task.GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.String, after.GetProperty("revoked_at").ValueKind);
    }

    [Fact]
    public async Task Keys_ForAnUnknownTask_AreRefused()
    {
        using var folder = new TestFolder();
        await ImportAsync(folder);

        Assert.Contains("'mod'", (await CommandRun.OfAsync("keys", "issue", "x", "--team", "hotel", "--task", "mod", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_Added_GetAOneTimePassword_AndActWithTheirOwnRights()
    {
        using var folder = new TestFolder();
        await ImportAsync(folder);

        var added = (await CommandRun.OfAsync("users", "add", "ada@example.com", "--team", "hotel", "--data", folder.Data, "--json")).Expect(0).Json;
        var users = (await CommandRun.OfAsync("users", "list", "--data", folder.Data, "--json")).Expect(0);
        var refused = (await CommandRun.OfAsync("users", "add", "eve@example.com", "--as", "ada@example.com", "--data", folder.Data)).Expect(1);

        Assert.NotEmpty(added.GetProperty("one_time_password").GetString()!);
        Assert.DoesNotContain(added.GetProperty("one_time_password").GetString()!, users.Output, StringComparison.Ordinal);
        Assert.Contains("admin", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_MadeAdminAndDeactivated_AreListedSo()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("users", "add", "ada@example.com", "--admin", "--data", folder.Data)).Expect(0);
        (await CommandRun.OfAsync("users", "add", "mia@example.com", "--data", folder.Data)).Expect(0);

        var promoted = (await CommandRun.OfAsync("users", "role", "mia@example.com", "admin", "--reason", "a test", "--data", folder.Data, "--json")).Expect(0).Json;
        var closed = (await CommandRun.OfAsync("users", "deactivate", "Mia@example.com", "--reason", "a test", "--data", folder.Data, "--json")).Expect(0).Json;
        var asMia = (await CommandRun.OfAsync("users", "add", "eve@example.com", "--as", "mia@example.com", "--data", folder.Data)).Expect(1);
        var last = (await CommandRun.OfAsync("users", "role", "ada@example.com", "member", "--reason", "a test", "--data", folder.Data)).Expect(1);
        var opened = (await CommandRun.OfAsync("users", "reactivate", "mia@example.com", "--reason", "a test", "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.True(promoted.GetProperty("is_admin").GetBoolean());
        Assert.True(closed.GetProperty("is_deactivated").GetBoolean());
        Assert.Contains("deactivated", asMia.Error, StringComparison.Ordinal);
        Assert.Contains("only admin", last.Error, StringComparison.Ordinal);
        Assert.False(opened.GetProperty("is_deactivated").GetBoolean());
        Assert.Contains("'tom@example.com'", (await CommandRun.OfAsync("users", "deactivate", "tom@example.com", "--reason", "a test", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_SomebodyUnknown_IsRefused()
    {
        using var folder = new TestFolder();

        Assert.Contains("nobody@example.com", (await CommandRun.OfAsync("keys", "list", "--as", "nobody@example.com", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    private static async Task ImportAsync(TestFolder folder) =>
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);
}
