using System.Collections.Concurrent;

namespace Platform.EndToEnd.Tests;

/// <summary>One running platform for all journeys: two tasks of one team, trained once, live and called, with people of both kinds.</summary>
public sealed class SampleCompany : IAsyncLifetime
{
    /// <summary>Of the collection that shares it.</summary>
    public const string Name = "A company's platform";

    public const string Admin = "ada@example.com";
    public const string OtherAdmin = "otto@example.com";
    public const string Member = "mia@example.com";
    public const string Password = "a long enough password";
    public const string Team = "Hotel";
    public const string FirstTask = "stay-mood";
    public const string SecondTask = "visit-mood";

    private readonly DirectoryInfo work = Directory.CreateTempSubdirectory("platform-company-");
    private readonly ConcurrentDictionary<string, Task<string>> sessions = new();
    private RunningPlatform? platform;

    /// <summary>What the first start, on an empty folder, printed until it stopped by itself, and its exit code.</summary>
    internal (int ExitCode, string Output) FirstStart { get; private set; }

    internal RunningPlatform Platform => platform ?? throw new InvalidOperationException("The platform is not up.");

    internal string Data => Path.Combine(work.FullName, "data");

    /// <summary>A folder for files of a journey.</summary>
    internal string Folder(string name) => Directory.CreateDirectory(Path.Combine(work.FullName, "files", name)).FullName;

    public async ValueTask InitializeAsync()
    {
        var samples = Directory.CreateDirectory(Path.Combine(work.FullName, "samples")).FullName;
        TinyWorkspace.WriteTo(samples);
        await using (var first = RunningPlatform.Start(Data, "--once", "--samples", samples))
            FirstStart = (await first.WaitForEndAsync(), first.Output);
        Assert.True(FirstStart.ExitCode == 0, FirstStart.Output);

        platform = RunningPlatform.Start(Data, "--samples", samples);
        await platform.WaitUntilUpAsync();
        // One after the other would take three times as long.
        await Task.WhenAll(
            AddAsync(Admin, "--name", "Ada Admin", "--admin"), AddAsync(OtherAdmin, "--name", "Otto Other", "--admin"), AddAsync(Member, "--name", "Mia Member", "--team", "hotel"));
    }

    /// <summary>A window in which somebody is signed in.</summary>
    internal async Task<Browser> OpenAsync(string email) => await Browser.OpenAsync(Platform.Portal, await sessions.GetOrAdd(email, SignInAsync));

    internal Task<Browser> OpenAsStrangerAsync() => Browser.OpenAsync(Platform.Portal);

    public async ValueTask DisposeAsync()
    {
        if (platform is not null)
            await platform.DisposeAsync();
        work.Delete(recursive: true);
    }

    private async Task<string> SignInAsync(string email)
    {
        await using var browser = await Browser.OpenAsync(Platform.Portal);
        await browser.SignInAsync(email, Password);
        return await browser.StateAsync();
    }

    private async Task AddAsync(string email, params string[] more)
    {
        var (code, output) = await Clone.RunAsync(Password, ["users", "add", email, "--password-stdin", "--data", Data, .. more]);
        Assert.True(code == 0, output);
    }
}

[CollectionDefinition(SampleCompany.Name)]
public sealed class SharedCompany : ICollectionFixture<SampleCompany>;
