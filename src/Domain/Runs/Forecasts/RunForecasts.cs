using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Users;

namespace Platform.Domain.Runs.Forecasts;

/// <summary>Asks for forecasts and keeps them.</summary>
public sealed class RunForecasts(IDbContextFactory<PlatformDbContext> contexts, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>Judges the request as planning does. A forecast of the same recipe, data and base model is used again.</summary>
    public async Task<Result<ForecastRequest>> RequestAsync(Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("plan a run") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        List<Error> errors = [.. request.Recipe.Validate()];
        var versions = await RunVersions.FindAsync(context, request, errors, cancellationToken);
        if (errors.Count > 0)
            return Result.Failure<ForecastRequest>(errors);

        var recipe = RunVersions.Resolve(request, versions, options.Value.BaseModelFolder);
        var hash = HashOf(recipe);
        var known = await context.ForecastRequests.AsNoTracking().Where(found => found.RecipeHash == hash && found.Status != ForecastStatus.Failed)
            .OrderByDescending(found => found.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        if (known is not null)
            return known;
        var asked = new ForecastRequest
        {
            RecipeHash = hash,
            RecipeJson = recipe.ToJson(),
            BaseModel = request.BaseModel,
            RequestedByName = actor.Name,
            CreatedAt = clock.GetUtcNow(),
        };
        context.ForecastRequests.Add(asked);
        await context.SaveChangesAsync(cancellationToken);
        return asked;
    }

    public async Task<ForecastRequest?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ForecastRequests.AsNoTracking().SingleOrDefaultAsync(found => found.Id == id, cancellationToken);
    }

    /// <summary>What was measured last for the same base model, device, data and training settings; null when nothing was.</summary>
    public async Task<string?> FindSampleAsync(string sampleHash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ForecastRequests.Where(found => found.SampleHash == sampleHash && found.SampleJson != null)
            .OrderByDescending(found => found.CreatedAt).Select(found => found.SampleJson).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The tasks of a request with their data, by name.</summary>
    public async Task<IReadOnlyList<RunTask>> TasksAsync(ForecastRequest request, CancellationToken cancellationToken)
    {
        var recipe = Recipe.Parse(request.RecipeJson).Value;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        List<RunTask> tasks = [];
        foreach (var named in recipe.Tasks!)
        {
            var version = await context.DatasetVersions.AsNoTracking().Include(found => found.Task)
                .SingleAsync(found => found.Task!.Name == named.Name && found.Number == named.DatasetVersion, cancellationToken);
            tasks.Add(new RunTask
            {
                RunId = request.Id,
                TaskId = version.TaskId,
                Task = version.Task,
                DatasetVersionId = version.Id,
                DatasetVersion = version,
                TrainRows = version.TrainRows,
                AnswerBits = version.AnswerBits,
                TestRows = version.TestRows,
            });
        }

        return tasks;
    }

    /// <returns>False when the claim was lost.</returns>
    public async Task<bool> EndAsync(Claim claim, Action<ForecastRequest> end, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<ForecastRequest>(context, claim, clock, cancellationToken))
            return false;
        var request = await context.ForecastRequests.SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        end(request);
        if (request is { RunId: { } runId, ForecastJson: { } forecast })
            (await context.Runs.SingleAsync(run => run.Id == runId, cancellationToken)).Forecast(forecast);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    internal static string HashOf(Recipe recipe) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((recipe with { Name = "", BaseModelSha256 = null }).ToJson())));

    /// <summary>Gives a new run the forecast that was made for its recipe, or asks for one.</summary>
    internal static async Task AttachAsync(PlatformDbContext context, FineTuningRun run, Recipe recipe, CancellationToken cancellationToken)
    {
        var hash = HashOf(recipe);
        var known = await context.ForecastRequests.Where(found => found.RecipeHash == hash && found.ForecastJson != null)
            .OrderByDescending(found => found.CreatedAt).Select(found => found.ForecastJson).FirstOrDefaultAsync(cancellationToken);
        if (known is not null)
            run.Forecast(known);
        else
            context.ForecastRequests.Add(new ForecastRequest
            {
                RunId = run.Id,
                RecipeHash = hash,
                RecipeJson = run.RecipeJson,
                BaseModel = run.BaseModel,
                RequestedByName = run.RequestedByName,
                CreatedAt = run.CreatedAt,
            });
    }
}
