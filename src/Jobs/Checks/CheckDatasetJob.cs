using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Jobs.Claims;
using Platform.Jobs.Dispatch;
using Platform.Jobs.Runs;
using Platform.Method;

namespace Platform.Jobs.Checks;

/// <summary>Checks an uploaded dataset version, with lengths as the base model's tokenizer counts them.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed partial class CheckDatasetJob(
    ClaimedWork work, DatasetChecks checks, BaseModelPrompts prompts, IOptions<PlatformOptions> options, ILogger<CheckDatasetJob> logger)
{
    public Task RunAsync(Guid versionId, CancellationToken cancellationToken) =>
        work.RunAsync<DatasetVersion>(versionId, CheckAsync, cancellationToken);

    private async Task CheckAsync(HeldClaim<DatasetVersion> held, CancellationToken cancellationToken)
    {
        var version = await checks.RunAsync(held.Claim, LimitsFor, cancellationToken);
        if (version.IsSuccess)
            LogChecked(version.Value.Task!.Name, version.Value.Number, version.Value.Status, version.Value.Findings.Count);
        else if (version.Error.Code != ClaimErrors.LostCode)
            throw new InvalidOperationException(version.Summary);
    }

    private CheckLimits LimitsFor(TaskDefinition task)
    {
        try
        {
            var known = prompts.For(options.Value.BaseModelFolder);
            var spec = EngineMapping.Spec(task);
            return new CheckLimits(
                (text, text2, output) => known.Builder.Prompt(spec, text, text2).FullTokens + known.Builder.Answer(output).Length,
                known.ContextTokens);
        }
        catch (InvalidDataException exception)
        {
            // The data can be judged without a base model; only its lengths cannot.
            LogNoLengths(exception.Message);
            return new CheckLimits(null, 0);
        }
    }
}
