using Platform.Jobs.Hosting;

namespace Platform.Jobs.Tests.Hosting;

public sealed class JobsOptionsTests
{
    [Fact]
    public void Validate_Defaults_Pass() => Assert.True(new ValidateJobsOptions().Validate(null, new JobsOptions()).Succeeded);

    [Fact]
    public void Validate_SeveralWrongValues_NamesEachSettingValueAndRange()
    {
        var result = new ValidateJobsOptions().Validate(null, new JobsOptions { PollSeconds = 0, PortalUrl = "portal" });

        Assert.Equal(2, result.Failures!.Count());
        Assert.Contains("Jobs__PollSeconds", result.FailureMessage);
        Assert.Contains("between 0.05 and 60", result.FailureMessage);
        Assert.Contains("'portal'", result.FailureMessage);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5000)]
    public void Validate_ThreadsOutOfRange_IsRefused(int threads) =>
        Assert.Contains("Engine__Threads", new ValidateEngineOptions().Validate(null, new EngineOptions { Threads = threads }).FailureMessage);
}
