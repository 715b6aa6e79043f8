using Microsoft.Extensions.Options;

namespace Platform.Jobs.Hosting;

public sealed record JobsOptions
{
    public const string Section = "Jobs";

    /// <summary>How often the database is asked for work (seconds).</summary>
    public double PollSeconds { get; init; } = 1;

    /// <summary>How long a job that broke off unexpectedly waits before it is tried again (seconds).</summary>
    public double RetrySeconds { get; init; } = 30;

    /// <summary>How long running work gets to store a checkpoint when the host stops (seconds).</summary>
    public double ShutdownSeconds { get; init; } = 60;

    /// <summary>
    /// The queues that this host works on, with commas between them; empty for all. A host without an accelerator may take <c>checks</c> only.
    /// </summary>
    public string Queues { get; init; } = "";

    /// <summary>Where people sign in.</summary>
    public string PortalUrl { get; init; } = "http://127.0.0.1:5080";
}

public sealed record EngineOptions
{
    public const string Section = "Engine";

    /// <summary>Threads of one tensor operation; 0 takes all processors.</summary>
    public int Threads { get; init; }
}

internal sealed class ValidateJobsOptions : IValidateOptions<JobsOptions>
{
    public ValidateOptionsResult Validate(string? name, JobsOptions options)
    {
        List<string> problems = [];
        Check(options.PollSeconds, 0.05, 60, nameof(JobsOptions.PollSeconds));
        Check(options.RetrySeconds, 0.05, 3600, nameof(JobsOptions.RetrySeconds));
        Check(options.ShutdownSeconds, 1, 3600, nameof(JobsOptions.ShutdownSeconds));
        if (!Uri.TryCreate(options.PortalUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            problems.Add($"Jobs:PortalUrl is '{options.PortalUrl}'; it must be an address such as http://127.0.0.1:5080. Mend the setting Jobs__PortalUrl.");
        if (JobQueues.Unknown(options) is { Count: > 0 } unknown)
            problems.Add($"Jobs:Queues names '{string.Join("', '", unknown)}'; the queues are {string.Join(", ", JobQueues.All)}. Mend the setting Jobs__Queues, or leave it empty for all of them.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check(double value, double low, double high, string key)
        {
            // Written so that NaN fails.
            if (!(value >= low && value <= high))
                problems.Add($"Jobs:{key} is {value}; it must lie between {low} and {high} seconds. Mend the setting Jobs__{key}.");
        }
    }
}

internal sealed class ValidateEngineOptions : IValidateOptions<EngineOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineOptions options) => options.Threads is >= 0 and <= 1024
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Engine:Threads is {options.Threads}; it must lie between 0 (all processors) and 1024. Mend the setting Engine__Threads.");
}
