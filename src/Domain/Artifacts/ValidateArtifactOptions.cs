using Microsoft.Extensions.Options;

namespace Platform.Domain.Artifacts;

internal sealed class ValidateArtifactOptions : IValidateOptions<ArtifactOptions>
{
    public ValidateOptionsResult Validate(string? name, ArtifactOptions options)
    {
        List<string> problems = [];
        if (options.Store is not (ArtifactOptions.Folder or ArtifactOptions.S3))
            problems.Add($"Artifacts:Store is '{options.Store}'; it must be 'Folder' or 'S3'. Mend the setting Artifacts__Store.");
        Range(problems, nameof(options.CacheMegabytes), options.CacheMegabytes, 1, 1L << 40);
        Range(problems, nameof(options.PartMegabytes), options.PartMegabytes, 5, 1024);
        Range(problems, nameof(options.RetrySeconds), options.RetrySeconds, 0, 3600);
        Range(problems, nameof(options.GraceHours), options.GraceHours, 1, 24 * 365);
        if (options.IsRemote)
            CheckRemote(problems, options);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void CheckRemote(List<string> problems, ArtifactOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Bucket))
            problems.Add("Artifacts:Bucket is empty; the S3 store needs one. Set Artifacts__Bucket to a bucket that exists.");
        else if (options.Bucket.Contains('/', StringComparison.Ordinal))
            problems.Add($"Artifacts:Bucket is '{options.Bucket}'; it must be the bucket's name alone. Set Artifacts__Bucket to the name, and Artifacts__Prefix to what follows it.");
        if (string.IsNullOrWhiteSpace(options.Endpoint) && string.IsNullOrWhiteSpace(options.Region))
            problems.Add("Artifacts:Endpoint and Artifacts:Region are empty; the S3 store needs one of them. Set Artifacts__Endpoint to the server's address, or Artifacts__Region to Amazon's region, such as eu-central-1.");
        if (!string.IsNullOrWhiteSpace(options.Endpoint) && !IsAddress(options.Endpoint))
            problems.Add($"Artifacts:Endpoint is '{options.Endpoint}'; it must be an address such as https://minio.example.com:9000, without bucket, user or password. Mend the setting Artifacts__Endpoint.");
        if (string.IsNullOrWhiteSpace(options.AccessKey) != string.IsNullOrWhiteSpace(options.SecretKey))
            problems.Add("Of Artifacts:AccessKey and Artifacts:SecretKey only one is set. Set both Artifacts__AccessKey and Artifacts__SecretKey, or neither, to use the credentials of the machine.");
    }

    private static bool IsAddress(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.PathAndQuery == "/";

    private static void Range(List<string> problems, string key, long value, long least, long most)
    {
        if (value < least || value > most)
            problems.Add($"Artifacts:{key} is {value}; it must lie between {least} and {most}. Mend the setting Artifacts__{key}.");
    }
}
