using Platform.Api.Setup;

namespace Platform.Api.Tests.Setup;

public sealed class ApiOptionsTests
{
    private static readonly ValidateApiOptions Rules = new();

    [Fact]
    public void Validate_Defaults_AreSound() => Assert.True(Rules.Validate(null, new ApiOptions()).Succeeded);

    [Fact]
    public void Validate_SeveralProblems_NamesEachKeyAndRange()
    {
        var result = Rules.Validate(null, new ApiOptions { MaxBodyBytes = 1, MaxInputs = 3000, RequestTimeout = TimeSpan.Zero, Threads = 0 });

        Assert.Equal(4, result.Failures!.Count());
        Assert.Contains("Api:MaxBodyBytes is 1; it must lie between 1024 and 268435456. Mend the setting Api__MaxBodyBytes.", result.Failures!);
        Assert.Contains(result.Failures!, failure => failure.Contains("Api:RequestTimeout", StringComparison.Ordinal));
        Assert.Contains(result.Failures!, failure => failure.Contains("Api:Threads", StringComparison.Ordinal));
        Assert.Contains(result.Failures!, failure => failure.Contains("more than Api:MaxQueuedInputs (2048)", StringComparison.Ordinal));
    }
}
