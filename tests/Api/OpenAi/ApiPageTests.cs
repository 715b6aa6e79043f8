using System.ClientModel;
using System.Diagnostics;
using OpenAI;
using OpenAI.Chat;

namespace Platform.Api.Tests.OpenAi;

/// <summary>Runs every call that docs/api.md shows, with the tests' tasks in place of the sample workspace's.</summary>
public sealed class ApiPageTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Page = File.ReadAllText(Path.Combine(Root, "docs", "api.md"))
        .Replace("booking-intent", TestTasks.Sentiment, StringComparison.Ordinal)
        .Replace("request-match", TestTasks.Same, StringComparison.Ordinal)
        .Replace("listing-title", TestTasks.Reply, StringComparison.Ordinal);

    [Fact]
    public async Task Page_CurlCalls_AnswerAsItSays()
    {
        if (OperatingSystem.IsWindows() || !Exists("curl"))
            Assert.Skip("The page's calls were not run: there is no curl here.");
        var (api, address) = await TestApi.StartListeningAsync();
        await using var _ = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var script = string.Join('\n', Blocks("bash")).Replace("http://127.0.0.1:5081", address.ToString().TrimEnd('/'), StringComparison.Ordinal);

        // Any call that is refused ends the script.
        var output = await RunAsync("bash", key.Secret, address, "-euo", "pipefail", "-c", "curl() { command curl --fail-with-body \"$@\"; echo; }\n" + script);

        Assert.Contains("\"object\":\"list\"", output, StringComparison.Ordinal);
        Assert.Contains("\"predictions\":[{\"id\":\"a\"", output, StringComparison.Ordinal);
        Assert.Contains("data: [DONE]", output, StringComparison.Ordinal);
        Assert.Contains("\"object\":\"text_completion\"", output, StringComparison.Ordinal);
        Assert.Contains("\"custom_id\":\"b\"", output, StringComparison.Ordinal);
        Assert.Contains("device_ms", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_JavaScript_Runs()
    {
        var (api, address) = await TestApi.StartListeningAsync();
        await using var _ = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var source = Assert.Single(Blocks("js")) + "\nconsole.log('\\n' + JSON.stringify({ done: true }));\n";

        var seen = await NodeSdk.RunSourceAsync("page.mjs", source, ("PLATFORM_API", address.ToString().TrimEnd('/')), ("PLATFORM_API_KEY", key.Secret));

        Assert.True((bool)seen["done"]!);
    }

    [Fact]
    public async Task Page_CSharp_IsWhatRunsHere()
    {
        var (api, url) = await TestApi.StartListeningAsync();
        await using var _ = api;
        var key = (await api.World.IssueKeyAsync(api.World.Hotels)).Secret;
        var address = url.ToString().TrimEnd('/');

        // docs/api.md
        var client = new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri($"{address}/v1") });

        ChatCompletion intent = await client.GetChatClient("hotel-sentiment").CompleteChatAsync("Where is my refund?");
        Console.WriteLine(intent.Content[0].Text);

        await foreach (var update in client.GetChatClient("guest-reply").CompleteChatStreamingAsync("a flat for four with a garden"))
            foreach (var part in update.ContentUpdate)
                Console.Write(part.Text);
        // docs/api.md ends

        var lines = (await File.ReadAllLinesAsync(Path.Combine(Root, "tests", "Api", "OpenAi", "ApiPageTests.cs"), TestContext.Current.CancellationToken)).Select(line => line.Trim()).ToList();
        var here = lines[(lines.IndexOf("// docs/api.md") + 1)..lines.IndexOf("// docs/api.md ends")];
        Assert.Equal(Assert.Single(Blocks("csharp")).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0), here.Where(line => line.Length > 0));
    }

    private static List<string> Blocks(string language) =>
        [.. Page.Split($"```{language}\n").Skip(1).Select(rest => rest[..rest.IndexOf("\n```", StringComparison.Ordinal)])];

    private static async Task<string> RunAsync(string program, string key, Uri address, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PLATFORM_API_KEY"] = key;
        start.Environment["PLATFORM_API"] = address.ToString().TrimEnd('/');
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"The page's calls ended with {process.ExitCode}: {await error}\n{await output}");
        return await output;
    }

    private static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("platform-api-page-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
