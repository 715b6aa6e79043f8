using Microsoft.Extensions.Options;
using Platform.Domain.Setup;

namespace Platform.Api.Setup;

internal sealed class ValidateApiOptions : IValidateOptions<ApiOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiOptions options)
    {
        // No short-circuit: whoever mends the settings wants to see all that is wrong with them.
        List<string> problems = [];
        Check(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1024, 256L * 1024 * 1024);
        Check(nameof(options.MinReadBytesPerSecond), options.MinReadBytesPerSecond, 1, 100_000_000);
        Check(nameof(options.MaxInputs), options.MaxInputs, 1, 100_000);
        Check(nameof(options.MaxTextCharacters), options.MaxTextCharacters, 1, 100_000_000);
        Check(nameof(options.MaxTopK), options.MaxTopK, 1, 100_000);
        Check(nameof(options.MaxQueuedInputs), options.MaxQueuedInputs, 1, 1_000_000);
        Check(nameof(options.MaxStepInputs), options.MaxStepInputs, 1, 4096);
        Check(nameof(options.MaxFileBytes), options.MaxFileBytes, 1024, 8L * 1024 * 1024 * 1024);
        Check(nameof(options.MaxTeamFiles), options.MaxTeamFiles, 1, 1_000_000);
        Check(nameof(options.MaxTeamBatches), options.MaxTeamBatches, 1, 100_000);
        Check(nameof(options.MaxBatchLines), options.MaxBatchLines, 1, 10_000_000);
        Check(nameof(options.MaxRunningBatches), options.MaxRunningBatches, 1, 100);
        Check(nameof(options.MaxBatchConcurrency), options.MaxBatchConcurrency, 1, 1000);
        Check(nameof(options.MaxStepTokens), options.MaxStepTokens, options.MaxStepInputs + 64L, 1_000_000); // beside a token for each running input, room for a label tree
        Check(nameof(options.MinStepTokens), options.MinStepTokens, 1, options.MaxStepTokens);
        Check(nameof(options.BatchPercent), options.BatchPercent, 1, 50);
        Check(nameof(options.MaxChunkTokens), options.MaxChunkTokens, 1, 1_000_000);
        Check(nameof(options.KeyValueBytes), options.KeyValueBytes, 1024 * 1024, 1L << 44);
        Check(nameof(options.MaxAuthenticationFailures), options.MaxAuthenticationFailures, 1, 1_000_000);
        Check(nameof(options.MaxIdempotentBytes), options.MaxIdempotentBytes, 1024, 64L * 1024 * 1024);
        Check(nameof(options.MaxWaitingSamples), options.MaxWaitingSamples, 1, 1_000_000);
        Check(nameof(options.MaxTaskSamples), options.MaxTaskSamples, 1, 10_000_000);
        CheckTime(nameof(options.RequestTimeout), options.RequestTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        CheckTime(nameof(options.StepTime), options.StepTime, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        CheckTime(nameof(options.KeyCacheTime), options.KeyCacheTime, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        CheckTime(nameof(options.LedgerPatience), options.LedgerPatience, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        CheckTime(nameof(options.CleanUpPoll), options.CleanUpPoll, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        CheckTime(nameof(options.DeploymentPoll), options.DeploymentPoll, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        CheckTime(nameof(options.FileRetention), options.FileRetention, TimeSpan.FromHours(1), TimeSpan.FromDays(365));
        problems.AddRange(KnownProxies.ProblemsOf(ApiOptions.Section, options.KnownProxies));
        if (options.Threads is { } threads)
            Check(nameof(options.Threads), threads, 1, 1024);
        if (options.MaxInputs > options.MaxQueuedInputs)
            problems.Add($"{ApiOptions.Section}:MaxInputs is {options.MaxInputs}, more than {ApiOptions.Section}:MaxQueuedInputs ({options.MaxQueuedInputs}): the largest request could never be taken. Mend one of the two settings.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check(string key, long value, long low, long high)
        {
            if (value < low || value > high)
                problems.Add(OutOfRange(key, value, low, high));
        }

        void CheckTime(string key, TimeSpan value, TimeSpan low, TimeSpan high)
        {
            if (value < low || value > high)
                problems.Add(OutOfRange(key, value, low, high));
        }
    }

    private static string OutOfRange(string key, object value, object low, object high) =>
        $"{ApiOptions.Section}:{key} is {value}; it must lie between {low} and {high}. Mend the setting {ApiOptions.Section}__{key}.";
}
