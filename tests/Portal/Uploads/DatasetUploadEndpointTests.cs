using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Platform.Portal.Tests.Uploads;

public sealed class DatasetUploadEndpointTests
{
    private const string Row = """{"id":"1","input":{"text":"lovely"},"output":"good"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_JsonlFiles_StoresVersionAndNamesItsPage()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await UploadAsync(client, "hotel-sentiment", ("train", "train.jsonl", Row), ("validation", "v.jsonl", Row), ("test", "t.jsonl", Row));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await JsonAsync(answer);
        Assert.Equal("/tasks/hotel-sentiment/data/1", body.GetProperty("location").GetString());
        await using var context = host.World.Open();
        var version = await context.DatasetVersions.SingleAsync(Cancellation);
        Assert.Equal((1, 1, 1), (version.TrainRows, version.ValidationRows, version.TestRows));
        Assert.Equal("Mia Member", version.UploadedByName);
    }

    [Fact]
    public async Task Upload_CsvFromPlainForm_RedirectsToItsPage()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");
        const string csv = "text,output\nlovely,good\n";
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        using var form = Form(("train", "a.csv", csv), ("validation", "b.csv", csv), ("test", "c.csv", csv));
        var withToken = new MultipartFormDataContent { { new StringContent(await PortalHost.TokenAsync(client)), "__RequestVerificationToken" } };
        foreach (var part in form.ToList())
            withToken.Add(part);
        var answer = await client.PostAsync("/tasks/hotel-sentiment/datasets", withToken, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/tasks/hotel-sentiment/data/1", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Upload_SignedOut_IsUnauthorized()
    {
        await using var host = await CreateAsync();
        using var client = host.Open();

        var answer = await client.PostAsync("/tasks/hotel-sentiment/datasets", Form(("train", "train.jsonl", Row)), Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Upload_OtherTeamsTask_IsNotFoundAndStoresNothing()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await UploadAsync(client, "flight-intent", ("train", "train.jsonl", Row), ("validation", "v.jsonl", Row), ("test", "t.jsonl", Row));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("task_unknown", (await JsonAsync(answer)).GetProperty("code").GetString());
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_WithoutToken_IsRefusedAndStoresNothing()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await client.PostAsync("/tasks/hotel-sentiment/datasets", Form(("train", "train.jsonl", Row), ("validation", "v.jsonl", Row), ("test", "t.jsonl", Row)), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("upload_token_invalid", (await JsonAsync(answer)).GetProperty("code").GetString());
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_FileBeyondLimit_IsTooLarge()
    {
        await using var host = await CreateAsync(("Platform:MaxLineBytes", "1024"), ("Platform:MaxFileBytes", "2048"));
        using var client = await host.SignInAsync("mia@example.com");
        var large = string.Join('\n', Enumerable.Range(0, 100).Select(row => Row.Replace("\"1\"", $"\"{row}\"", StringComparison.Ordinal)));

        var answer = await UploadAsync(client, "hotel-sentiment", ("train", "train.jsonl", large), ("validation", "v.jsonl", Row), ("test", "t.jsonl", Row));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("file_too_large", (await JsonAsync(answer)).GetProperty("code").GetString());
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_BodyFarBeyondLimit_IsTooLargeBeforeItIsRead()
    {
        await using var host = await CreateAsync(("Platform:MaxLineBytes", "1024"), ("Platform:MaxFileBytes", "2048"));
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await UploadAsync(client, "hotel-sentiment", ("train", "train.jsonl", new string('x', 300_000)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_MalformedRow_NamesFileLineAndField()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await UploadAsync(client, "hotel-sentiment", ("train", "train.jsonl", Row + "\n{\"id\":\"2\",\"input\":{}}"), ("validation", "v.jsonl", Row), ("test", "t.jsonl", Row));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("train.jsonl, line 2", (await JsonAsync(answer)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_MissingSplit_SaysWhichOne()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await UploadAsync(client, "hotel-sentiment", ("train", "train.jsonl", Row), ("test", "t.jsonl", Row));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("validation.jsonl is missing", (await JsonAsync(answer)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_BrokenOffBody_IsRefusedAndStoresNothing()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");
        client.DefaultRequestHeaders.Add("RequestVerificationToken", await PortalHost.TokenAsync(client));
        var body = new StringContent("--b\r\nContent-Disposition: form-data; name=\"train\"; filename=\"a.jsonl\"\r\n\r\n" + Row);
        body.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        var answer = await client.PostAsync("/tasks/hotel-sentiment/datasets", body, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("upload_malformed", (await JsonAsync(answer)).GetProperty("code").GetString());
        await AssertNothingStoredAsync(host);
    }

    [Fact]
    public async Task Upload_NotAForm_SaysWhatToSend()
    {
        await using var host = await CreateAsync();
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await client.PostAsync("/tasks/hotel-sentiment/datasets", new StringContent(Row, Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("upload_not_multipart", (await JsonAsync(answer)).GetProperty("code").GetString());
    }

    private static async Task<PortalHost> CreateAsync(params IEnumerable<(string Key, string Value)> settings)
    {
        var host = await PortalHost.StartAsync(settings);
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia Member", isAdmin: false);
        await host.World.AddTaskAsync(await host.World.AddTeamAsync("hotels", "Hotels", mia), "hotel-sentiment");
        await host.World.AddTaskAsync(await host.World.AddTeamAsync("flights", "Flights"), "flight-intent");
        return host;
    }

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient client, string task, params IEnumerable<(string Field, string File, string Text)> files)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/tasks/{task}/datasets") { Content = Form(files) };
        request.Headers.Add("RequestVerificationToken", await PortalHost.TokenAsync(client));
        return await client.SendAsync(request, Cancellation);
    }

    private static MultipartFormDataContent Form(params IEnumerable<(string Field, string File, string Text)> files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (field, file, text) in files)
            form.Add(new StringContent(text), field, file);
        return form;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static async Task AssertNothingStoredAsync(PortalHost host)
    {
        await using var context = host.World.Open();
        Assert.Equal(0, await context.DatasetVersions.CountAsync(Cancellation));
    }
}
