using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Playground;

/// <param name="Question">With its task and model version.</param>
/// <param name="Answer">Null while there is none.</param>
public sealed record PlaygroundLine(PlaygroundQuestion Question, PlaygroundAnswer? Answer);

/// <summary>Tries texts on the base model and on versions side by side. Jobs answers; nothing that is tried is billed, or kept longer than a day.</summary>
public sealed class Playgrounds(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public const int MostTextCharacters = 8_000;
    public const int MostModels = 4;

    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="models">Numbers of model versions that know the task; 0 stands for the base model.</param>
    /// <returns>Under which the answers are found.</returns>
    public async Task<Result<Guid>> AskAsync(Actor actor, Guid taskId, string? text, string? text2, IReadOnlyList<int> models, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MaySee(task))
            return TaskErrors.Unknown(taskId.ToString());
        List<Error> errors = [];
        if (string.IsNullOrWhiteSpace(text))
            errors.Add(Error.Invalid("text_empty", "Write a text to try.", "text"));
        if (task.Kind is TaskKind.PairClassification or TaskKind.Similarity && string.IsNullOrWhiteSpace(text2))
            errors.Add(Error.Invalid("text2_missing", "The task compares two texts; write the second one, too.", "text2"));
        if ((text?.Length ?? 0) > MostTextCharacters || (text2?.Length ?? 0) > MostTextCharacters)
            errors.Add(Error.TooLarge("text_too_long", $"A text may have {MostTextCharacters:N0} characters here.", "text"));
        if (models.Count is 0 or > MostModels)
            errors.Add(Error.Invalid("models_out_of_range", $"Choose 1 to {MostModels} models.", "models"));
        var known = await context.ModelVersions.Where(version => models.Contains(version.Number) && version.Evaluations.Any(evaluation => evaluation.TaskId == taskId))
            .ToDictionaryAsync(version => version.Number, version => version.Id, cancellationToken);
        foreach (var number in models.Where(number => number != 0 && !known.ContainsKey(number)))
            errors.Add(ModelErrors.Unknown(number));
        if (errors.Count > 0)
            return Result.Failure<Guid>(errors);

        var now = clock.GetUtcNow();
        var group = Guid.CreateVersion7();
        context.PlaygroundQuestions.AddRange(models.Distinct().Select(number => new PlaygroundQuestion
        {
            GroupId = group,
            TaskId = taskId,
            ModelVersionId = number == 0 ? null : known[number],
            Text = text!.Trim(),
            Text2 = string.IsNullOrWhiteSpace(text2) ? null : text2.Trim(),
            AskedById = actor.UserId,
            AskedAt = now,
        }));
        await context.SaveChangesAsync(cancellationToken);
        return group;
    }

    /// <summary>The base model first, then versions from the newest on.</summary>
    public async Task<Result<IReadOnlyList<PlaygroundLine>>> ReadAsync(Actor actor, Guid groupId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var questions = await context.PlaygroundQuestions.AsNoTracking().Include(question => question.Task).Include(question => question.ModelVersion)
            .Where(question => question.GroupId == groupId).Take(MostModels).ToListAsync(cancellationToken);
        if (questions.Count == 0 || !actor.MaySee(questions[0].Task!))
            return Error.NotFound("playground_unknown", "What you tried is not kept any more. Ask again.", "try");
        return questions.OrderBy(question => question.ModelVersion is not null).ThenByDescending(question => question.ModelVersion?.Number)
            .Select(question => new PlaygroundLine(question, question.AnswerJson is { } json ? JsonSerializer.Deserialize<PlaygroundAnswer>(json, Json) : null)).ToList();
    }

    /// <summary>All that answering needs, and marks the question as being answered.</summary>
    public Task<Result<PlaygroundQuestion>> StartAsync(Claim claim, CancellationToken cancellationToken) => WriteAsync(claim, question => question.Start(), cancellationToken);

    public Task<Result<PlaygroundQuestion>> AnswerAsync(Claim claim, PlaygroundAnswer answer, CancellationToken cancellationToken) =>
        WriteAsync(claim, question => question.Answer(JsonSerializer.Serialize(answer, Json)), cancellationToken);

    public Task<Result<PlaygroundQuestion>> FailAsync(Claim claim, string error, CancellationToken cancellationToken) => WriteAsync(claim, question => question.Fail(error), cancellationToken);

    /// <summary>Forgets what was tried.</summary>
    public async Task<int> RemoveOldAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - KeptFor;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.PlaygroundQuestions.Where(question => question.AskedAt < before).ExecuteDeleteAsync(cancellationToken);
    }

    private async Task<Result<PlaygroundQuestion>> WriteAsync(Claim claim, Action<PlaygroundQuestion> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<PlaygroundQuestion>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var question = await context.PlaygroundQuestions.Include(found => found.Task).Include(found => found.ModelVersion).SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(question);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return question;
    }
}
