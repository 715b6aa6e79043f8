using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Bundles;
using Platform.Domain.Datasets;
using Platform.Domain.Persistence;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Jobs.Checks;
using Platform.Jobs.Hosting;
using Platform.Jobs.Runs;
using Platform.TestStorage;

namespace Platform.Jobs.Tests;

/// <summary>Jobs as its host wires it, on a real database and real bundles in a folder of its own; jobs are called by the test.</summary>
internal sealed class JobsWorld : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TestDatabaseCopy database;

    private JobsWorld(WebApplication app, string folder, TestDatabaseCopy database)
    {
        this.app = app;
        this.database = database;
        Folder = folder;
    }

    public static Actor Admin { get; } = Actor.System("admin");

    public string Folder { get; }

    public string BaseModel => Path.Combine(Folder, "models", "base");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Small enough for seconds, and every part of the method takes part.</summary>
    public static Recipe SmallRecipe { get; } = new()
    {
        Name = "tiny",
        ExamplesBudget = 480,
        MinTrainRows = 20,
        MaxTokens = 80,
        CheckpointSeconds = 1,
        Filter = new() { Share = 0.25 },
        Training = new() { BatchExamples = 8, LearningRate = 3e-3 },
        Adapters = new() { Examples = 48, Rank = 4 },
        Validation = new() { RowsMax = 8 },
    };

    /// <summary>Every task kept, no probe.</summary>
    public static Recipe UnfilteredRecipe { get; } = SmallRecipe with { Filter = new() { Strategy = FilterStrategy.None } };

    /// <summary>The recipe with room for long trainings on few rows.</summary>
    public static Recipe WithEpochs(Recipe recipe, int epochs) => recipe with
    {
        Stage2 = recipe.Stage2 with { Mixing = recipe.Stage2.Mixing with { MaxEpochs = epochs } },
        Stage3 = recipe.Stage3 with { Mixing = recipe.Stage3.Mixing with { MaxEpochs = epochs } },
    };

    public static async Task<JobsWorld> CreateAsync(params IEnumerable<string> settings)
    {
        var folder = Directory.CreateTempSubdirectory("platform-jobs-").FullName;
        TinyBase.Write(Path.Combine(folder, "models", "base"));
        var database = await TestDatabaseCopy.CreateAsync(Directory.CreateDirectory(Path.Combine(folder, "data")).FullName, isMigrated: false);
        var builder = WebApplication.CreateBuilder([.. Settings(folder, database), .. settings]);
        builder.AddJobs();
        var world = new JobsWorld(builder.Build(), folder, database);
        await world.app.Services.MigratePlatformAsync(Cancellation);
        return world;
    }

    /// <summary>Command-line settings for a host in this world.</summary>
    public IEnumerable<string> Settings() => Settings(Folder, database);

    private static IEnumerable<string> Settings(string folder, TestDatabaseCopy database) =>
        [.. database.Settings.Select(setting => $"--{setting.Key}={setting.Value}"), $"--Platform:BaseModelPath={Path.Combine(folder, "models", "base")}", "--Engine:Threads=1"];

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    public async Task<IReadOnlyList<TaskDefinition>> ImportAsync(params IEnumerable<TinyTask> tasks)
    {
        var team = (await Get<TeamDirectory>().CreateAsync(Admin, "hotels", "Hotels", Cancellation)).Value;
        List<TaskDefinition> imported = [];
        foreach (var task in tasks)
        {
            var bundle = TinyTasks.WriteBundle(Path.Combine(Folder, "bundles", task.Name), task);
            var result = await Get<BundleImport>().ImportAsync(Admin, team.Id, bundle, Cancellation);
            Assert.True(result.IsSuccess, result.IsSuccess ? "" : result.Summary);
            imported.Add(result.Value.Task);
        }

        return imported;
    }

    /// <summary>Imports the tasks and lets the job check their data.</summary>
    public async Task<IReadOnlyList<TaskDefinition>> ImportReadyAsync(params IEnumerable<TinyTask> tasks)
    {
        var imported = await ImportAsync(tasks);
        foreach (var id in await Get<Domain.Claims.WorkClaims>().FindUnclaimedAsync<DatasetVersion>(null, Cancellation))
            await JobAsync<CheckDatasetJob>(job => job.RunAsync(id, Cancellation));
        return imported;
    }

    public async Task<FineTuningRun> PlanAsync(IReadOnlyList<TaskDefinition> tasks, Recipe? recipe = null)
    {
        var run = await Get<RunPlanning>().PlanAsync(
            Admin, new RunRequest(null, [.. tasks.Select(task => task.Id)], recipe ?? SmallRecipe, BaseModel), Cancellation);
        Assert.True(run.IsSuccess, run.IsSuccess ? "" : run.Summary);
        return run.Value;
    }

    public Task ExecuteAsync(FineTuningRun run, CancellationToken? stop = null) =>
        JobAsync<FineTuningJob>(job => job.RunAsync(run.Id, stop ?? Cancellation));

    /// <summary>Makes the job as Hangfire does.</summary>
    public async Task JobAsync<T>(Func<T, Task> call)
        where T : class
    {
        await using var scope = app.Services.CreateAsyncScope();
        await call(ActivatorUtilities.CreateInstance<T>(scope.ServiceProvider));
    }

    public async Task<FineTuningRun> LoadAsync(FineTuningRun run) => (await Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value;

    public async Task<IReadOnlyList<string>> EventsAsync(FineTuningRun run) =>
        [.. (await Get<RunQueries>().EventsAsync(run.Id, 0, Cancellation)).Select(line => line.Message)];

    /// <summary>What a run has on the disk, by the claims that it was held under.</summary>
    public IEnumerable<string> WorkFolders(FineTuningRun run) =>
        Directory.Exists(Path.Combine(Folder, "data", "work", "runs")) ? Directory.GetDirectories(Path.Combine(Folder, "data", "work", "runs"), run.Id.ToString("N") + "*") : [];

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
