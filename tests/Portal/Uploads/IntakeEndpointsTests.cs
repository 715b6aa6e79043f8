using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Platform.Domain.Datasets.Intakes;

namespace Platform.Portal.Tests.Uploads;

public sealed class IntakeEndpointsTests
{
    private static readonly byte[] Rows = Encoding.UTF8.GetBytes("""{"id":"1","input":{"text":"lovely"},"output":"good"}""" + "\n");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_InPiecesWithABreak_GoesOnWhereItStoppedAndQueuesTheReading()
    {
        await using var host = await CreateAsync();
        using var client = await SignInAsync(host);

        var begun = await JsonAsync(await BeginAsync(client, "hotel-sentiment"));
        var id = begun.GetProperty("id").GetGuid();
        await client.PutAsync($"/uploads/{id}/train?offset=0", new ByteArrayContent(Rows[..20]), Cancellation);
        var resumed = await JsonAsync(await BeginAsync(client, "hotel-sentiment"));
        var wrong = await client.PutAsync($"/uploads/{id}/train?offset=0", new ByteArrayContent(Rows), Cancellation);
        var rest = await JsonAsync(await client.PutAsync($"/uploads/{id}/train?offset=20", new ByteArrayContent(Rows[20..]), Cancellation));
        var early = await client.PostAsync($"/uploads/{id}/end", null, Cancellation);
        foreach (var split in new[] { "validation", "test" })
            await client.PutAsync($"/uploads/{id}/{split}?offset=0", new ByteArrayContent(Rows), Cancellation);
        var ended = await JsonAsync(await client.PostAsync($"/uploads/{id}/end", null, Cancellation));

        Assert.Equal(id, resumed.GetProperty("id").GetGuid());
        Assert.Equal(20, resumed.GetProperty("received").GetProperty("train").GetInt64());
        Assert.Equal(HttpStatusCode.Conflict, wrong.StatusCode);
        Assert.Equal(Rows.Length, rest.GetProperty("received").GetInt64());
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.Equal((nameof(IntakeStatus.Queued), $"/tasks/hotel-sentiment/uploads/{id}"), (ended.GetProperty("status").GetString(), ended.GetProperty("location").GetString()));
    }

    [Fact]
    public async Task Upload_WithoutToken_IsRefused()
    {
        await using var host = await CreateAsync();
        using var client = await SignInAsync(host);
        client.DefaultRequestHeaders.Remove("RequestVerificationToken");

        var answer = await BeginAsync(client, "hotel-sentiment");

        Assert.Equal("upload_token_invalid", (await JsonAsync(answer)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Upload_SignedOut_IsUnauthorized()
    {
        await using var host = await CreateAsync();
        using var client = host.Open();

        Assert.Equal(HttpStatusCode.Unauthorized, (await BeginAsync(client, "hotel-sentiment")).StatusCode);
    }

    [Fact]
    public async Task Upload_ForAnotherTeamsTask_IsNotFound()
    {
        await using var host = await CreateAsync();
        using var client = await SignInAsync(host);

        Assert.Equal(HttpStatusCode.NotFound, (await BeginAsync(client, "flight-intent")).StatusCode);
    }

    [Fact]
    public async Task Append_PieceBeyondItsLimit_IsTooLarge()
    {
        await using var host = await CreateAsync();
        using var client = await SignInAsync(host);
        var begun = await JsonAsync(await BeginAsync(client, "hotel-sentiment"));

        var answer = await client.PutAsync($"/uploads/{begun.GetProperty("id").GetGuid()}/train?offset=0", new ByteArrayContent(new byte[9 << 20]), Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Cancel_HalfSent_IsOver()
    {
        await using var host = await CreateAsync();
        using var client = await SignInAsync(host);
        var id = (await JsonAsync(await BeginAsync(client, "hotel-sentiment"))).GetProperty("id").GetGuid();

        var cancelled = await client.DeleteAsync($"/uploads/{id}", Cancellation);
        var state = await JsonAsync(await client.GetAsync($"/uploads/{id}", Cancellation));

        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        Assert.Equal(nameof(IntakeStatus.Cancelled), state.GetProperty("status").GetString());
    }

    private static async Task<PortalHost> CreateAsync()
    {
        var host = await PortalHost.StartAsync();
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia Member", isAdmin: false);
        await host.World.AddTaskAsync(await host.World.AddTeamAsync("hotels", "Hotels", mia), "hotel-sentiment");
        await host.World.AddTaskAsync(await host.World.AddTeamAsync("flights", "Flights"), "flight-intent");
        return host;
    }

    private static async Task<HttpClient> SignInAsync(PortalHost host)
    {
        var client = await host.SignInAsync("mia@example.com");
        client.DefaultRequestHeaders.Add("RequestVerificationToken", await PortalHost.TokenAsync(client));
        return client;
    }

    private static Task<HttpResponseMessage> BeginAsync(HttpClient client, string task) => client.PostAsJsonAsync(
        $"/tasks/{task}/uploads",
        new { files = new[] { "train", "validation", "test" }.Select(split => new { split, name = split + ".jsonl", size = Rows.Length, modified = 5L }) }, Cancellation);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
}
