using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Setup;
using Platform.Domain.Upstreams;

namespace Platform.Domain.Tests.Setup;

public sealed class OptionsValidationTests
{
    private static ServiceProvider Services(params IEnumerable<(string Key, string Value)> settings) => new ServiceCollection()
        .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build())
        .BuildServiceProvider();

    [Fact]
    public void PlatformOptions_Defaults_AreValidAndBelowTheClone()
    {
        using var services = Services();
        var options = services.GetRequiredService<IOptions<PlatformOptions>>().Value;

        Assert.EndsWith("data", options.DataFolder, StringComparison.Ordinal);
        Assert.EndsWith(Path.Combine("models", "base"), options.BaseModelFolder, StringComparison.Ordinal);
    }

    [Fact]
    public void PlatformOptions_ManyProblems_ReportsAllWithTheirSettings()
    {
        using var services = Services(("Platform:MaxLineBytes", "10"), ("Platform:MaxRows", "0"), ("Platform:MaxFileBytes", "1"));

        var failures = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<PlatformOptions>>().Value).Failures.ToList();

        Assert.Equal(3, failures.Count);
        Assert.Contains(failures, failure => failure.Contains("Platform__MaxRows", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Tape", "http://s3.example.com", "b", "k", "hidden", "must be 'Folder' or 'S3'", "Artifacts__Store")]
    [InlineData("S3", "http://s3.example.com", "", "k", "hidden", "needs one", "Artifacts__Bucket")]
    [InlineData("S3", "http://s3.example.com", "b/c", "k", "hidden", "the bucket's name alone", "Artifacts__Prefix")]
    [InlineData("S3", "", "b", "k", "hidden", "needs one of them", "Artifacts__Region")]
    [InlineData("S3", "s3.example.com", "b", "k", "hidden", "must be an address", "Artifacts__Endpoint")]
    [InlineData("S3", "http://s3.example.com", "b", "", "hidden", "only one is set", "Artifacts__AccessKey")]
    public void ArtifactOptions_Unfit_SaysWhatToSetAndNoSecret(string store, string endpoint, string bucket, string accessKey, string secretKey, string part, string setting)
    {
        using var services = Services(("Artifacts:Store", store), ("Artifacts:Endpoint", endpoint), ("Artifacts:Bucket", bucket), ("Artifacts:AccessKey", accessKey), ("Artifacts:SecretKey", secretKey));

        var failure = Assert.Single(Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<ArtifactOptions>>().Value).Failures);

        Assert.Contains(part, failure, StringComparison.Ordinal);
        Assert.Contains(setting, failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void ArtifactOptions_Printed_ShowNoSecret() =>
        Assert.Equal("S3 http://s3.example.com b/p/", $"{new ArtifactOptions { Store = "S3", Endpoint = "http://s3.example.com", Bucket = "b", Prefix = "/p/", AccessKey = "k", SecretKey = "hidden" }}");

    [Theory]
    [InlineData("Kind", "triton", "must be one of vllm, sglang, llama.cpp, platform")]
    [InlineData("Address", "gpu-1:8000", "must be an address such as http://gpu-1:8000")]
    [InlineData("Address", "http://user:hidden@gpu-1:8000", "without user, password or query")]
    [InlineData("Address", "http://gpu-1:8000/v1/", "leave the /v1")]
    [InlineData("Model", " ", "write what the engine calls the model")]
    [InlineData("MaxConcurrency", "0", "must lie between 1 and 4096")]
    [InlineData("TimeoutSeconds", "3601", "must lie between 1 and 3600")]
    [InlineData("Retries", "11", "must lie between 0 and 10")]
    [InlineData("ScoreTolerance", "1.5", "must lie between 0 and 1")]
    public void UpstreamCatalog_Unfit_SaysWhatToSetAndNoKey(string field, string value, string part)
    {
        var settings = new Dictionary<string, string> { ["Kind"] = "vllm", ["Address"] = "http://gpu-1:8000", ["Key"] = "secret", [field] = value };
        using var services = Services([.. settings.Select(setting => ($"Upstreams:gpu:{setting.Key}", setting.Value))]);

        var failure = Assert.Single(Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<UpstreamCatalog>>().Value).Failures);

        Assert.Contains(part, failure, StringComparison.Ordinal);
        Assert.Contains($"Upstreams__gpu__{field}", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void UpstreamCatalog_SeveralEngines_AreFoundByNameAndPrintedWithoutTheirKeys()
    {
        using var services = Services(("Upstreams:big:Address", "http://gpu-1:8000"), ("Upstreams:big:Key", "secret"), ("Upstreams:small:Kind", "llama.cpp"), ("Upstreams:small:Address", "https://cpu/llama"));

        var engines = services.GetRequiredService<IOptions<UpstreamCatalog>>().Value.Engines;

        Assert.Equal("vllm http://gpu-1:8000 model-version-{version}", $"{engines["BIG"]}");
        Assert.Equal("model-version-7", engines["small"].ModelOf(7));
    }

    [Theory]
    [InlineData("Oracle", "", "must be 'Sqlite' or 'Postgres'", "Database__Provider")]
    [InlineData("Postgres", "", "PostgreSQL needs it", "Database__ConnectionString")]
    [InlineData("Postgres", "Data Source=platform.db", "cannot be read as one for PostgreSQL", "Database__ConnectionString")]
    [InlineData("Postgres", "Host=db;Password=hidden", "names no Database", "Database__ConnectionString")]
    [InlineData("Postgres", "Database=platform;Password=hidden", "names no Host", "Database__ConnectionString")]
    public void DatabaseOptions_Unfit_SaysWhatToSetAndNoSecret(string provider, string connectionString, string part, string setting)
    {
        using var services = Services(("Database:Provider", provider), ("Database:ConnectionString", connectionString));

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<DatabaseOptions>>().Value).Message;

        Assert.Contains(part, failure, StringComparison.Ordinal);
        Assert.Contains(setting, failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void DatabaseOptions_Postgres_IsTaken()
    {
        using var services = Services(("Database:Provider", "Postgres"), ("Database:ConnectionString", "Host=db;Database=platform"));

        Assert.Equal("Postgres", services.GetRequiredService<IOptions<DatabaseOptions>>().Value.Provider);
    }
}
