using System.Net;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Keys;

public sealed class KeyRotationTests(ServingFixture fixture)
{
    private const string Body = """{"inputs":[{"text":"clean"}]}""";

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_RotatedKey_BothSecretsAreServedUntilTheGracePeriodEnds()
    {
        var issued = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(issued, TestTasks.Sentiment, Body));

        var rotated = (await api.World.Get<KeyRotation>().RotateAsync(Actor.System("admin"), issued.Key.Id, TimeSpan.FromHours(1), "Yearly.", Cancellation)).Value;
        await TestApi.BodyAsync(await api.PredictAsync(rotated, TestTasks.Sentiment, Body));
        await api.WaitAsync(
            async () =>
            {
                // For a second after it was last looked up, the secret is still believed to be the current one.
                await TestApi.BodyAsync(await api.PredictAsync(issued, TestTasks.Sentiment, Body));
                await using var context = api.World.Open();
                return (await context.ApiKeys.AsNoTracking().SingleAsync(key => key.Id == issued.Key.Id, Cancellation)).OldSecretUsedAt is not null;
            }, "the old secret's last use");

        // An hour later.
        await using (var context = api.World.Open())
            await context.ApiKeys.Where(key => key.Id == issued.Key.Id).ExecuteUpdateAsync(set => set.SetProperty(key => key.OldSecretUntil, DateTimeOffset.UtcNow.AddSeconds(-1)), Cancellation);
        await api.WaitAsync(async () => (await api.GetAsync("/v1/models", issued)).StatusCode == HttpStatusCode.Unauthorized, "the old secret to stop");

        var problem = await TestApi.ProblemAsync(await api.PredictAsync(issued, TestTasks.Sentiment, Body), HttpStatusCode.Unauthorized, "key_replaced");
        Assert.DoesNotContain(issued.Secret, problem.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(rotated.Secret, problem.ToJsonString(), StringComparison.Ordinal);
        await TestApi.BodyAsync(await api.PredictAsync(rotated, TestTasks.Sentiment, Body));
    }

    [Fact]
    public async Task Request_RotatedWithoutGrace_StopsWithinTheCacheTime()
    {
        var issued = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.GetAsync("/v1/models", issued));

        await api.World.Get<KeyRotation>().RotateAsync(Actor.System("admin"), issued.Key.Id, TimeSpan.Zero, "Leaked.", Cancellation);

        await api.WaitAsync(async () => (await api.GetAsync("/v1/models", issued)).StatusCode == HttpStatusCode.Unauthorized, "the old secret to stop");
    }
}
