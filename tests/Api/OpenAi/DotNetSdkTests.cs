using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using Microsoft.EntityFrameworkCore;
using OpenAI;
using OpenAI.Chat;
using Platform.Api.Serving;
using Platform.Domain.Keys;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.OpenAi;

/// <summary>OpenAI's own client for .NET, unmodified.</summary>
public sealed class DotNetSdkTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompleteChat_Logprobs_ReadsContentUsageAndTokens()
    {
        var chat = Client(api, await api.World.IssueKeyAsync(api.World.Hotels)).GetChatClient(TestTasks.Sentiment);

        ChatCompletion completion = await chat.CompleteChatAsync(
            [new UserChatMessage("the room was clean")], new ChatCompletionOptions { IncludeLogProbabilities = true, TopLogProbabilityCount = 2, EndUserId = "guest" }, Cancellation);

        Assert.Contains(completion.Content[0].Text, TestTasks.Hotels[0].Labels);
        Assert.Equal((ChatFinishReason.Stop, TestTasks.Sentiment, ChatMessageRole.Assistant), (completion.FinishReason, completion.Model, completion.Role));
        Assert.Equal(completion.Usage.TotalTokenCount, completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount);
        Assert.InRange(completion.Usage.InputTokenDetails.CachedTokenCount, 0, completion.Usage.InputTokenCount);
        Assert.Equal(completion.Content[0].Text, string.Concat(completion.ContentTokenLogProbabilities.Select(token => token.Token)));
        Assert.All(completion.ContentTokenLogProbabilities, token => Assert.True(token.LogProbability <= 0 && token.TopLogProbabilities.Count <= 2));
    }

    [Fact]
    public async Task CompleteChat_TwoPartsOptionsAndJson_AreUnderstood()
    {
        var client = Client(api, await api.World.IssueKeyAsync(api.World.Hotels));

        ChatCompletion same = await client.GetChatClient(TestTasks.Same).CompleteChatAsync(
            [new UserChatMessage(ChatMessageContentPart.CreateTextPart("the room was clean"), ChatMessageContentPart.CreateTextPart("the staff was kind"))], cancellationToken: Cancellation);
        var options = new ChatCompletionOptions { Temperature = 1.5f, TopP = 0.9f, Seed = 5, MaxOutputTokenCount = 4, FrequencyPenalty = 0.5f, PresencePenalty = 0.5f, StopSequences = { "zzz" } };
        ChatCompletion one = await client.GetChatClient(TestTasks.Reply).CompleteChatAsync([new UserChatMessage("clean")], options, Cancellation);
        ChatCompletion again = await client.GetChatClient(TestTasks.Reply).CompleteChatAsync([new UserChatMessage("clean")], options, Cancellation);
        ChatCompletion json = await client.GetChatClient(TestTasks.Reply).CompleteChatAsync([new UserChatMessage("clean")], new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("flag", BinaryData.FromString("""{"type":"boolean"}"""), jsonSchemaIsStrict: true),
        }, Cancellation);

        Assert.Contains(same.Content[0].Text, TestTasks.Hotels[1].Labels);
        Assert.Equal(one.Content[0].Text, again.Content[0].Text);
        Assert.Equal("model-version-1", one.SystemFingerprint);
        Assert.Contains(json.Content[0].Text, new[] { "true", "false" });
    }

    [Fact]
    public async Task CompleteChatStreaming_Generation_JoinsToTheWholeAnswer()
    {
        var chat = Client(api, await api.World.IssueKeyAsync(api.World.Hotels)).GetChatClient(TestTasks.Reply);
        ChatCompletion whole = await chat.CompleteChatAsync([new UserChatMessage("the room was clean")], cancellationToken: Cancellation);

        List<StreamingChatCompletionUpdate> updates = [];
        await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("the room was clean")], new ChatCompletionOptions { IncludeLogProbabilities = true }, Cancellation))
            updates.Add(update);

        Assert.Equal(whole.Content[0].Text, string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(whole.FinishReason, updates.Last(update => update.FinishReason is not null).FinishReason);
        Assert.Equal(whole.Usage.OutputTokenCount, updates.Single(update => update.Usage is not null).Usage.OutputTokenCount);
        Assert.NotEmpty(updates.SelectMany(update => update.ContentTokenLogProbabilities));
        Assert.True(updates.Count(update => update.ContentUpdate.Count > 0) > 1);
    }

    [Fact]
    public async Task CompleteChat_Mistakes_RaiseTheClientsExceptionWithOurMessage()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Client(api, key).GetChatClient("nothing").CompleteChatAsync("clean"));
        var system = await Assert.ThrowsAsync<ClientResultException>(() => Client(api, key).GetChatClient(TestTasks.Reply).CompleteChatAsync([new SystemChatMessage("Be kind."), new UserChatMessage("x")], cancellationToken: Cancellation));
        var nobody = await Assert.ThrowsAsync<ClientResultException>(() => Client(api, "sk-wrong").GetChatClient(TestTasks.Reply).CompleteChatAsync("clean"));
        var streamed = await Assert.ThrowsAsync<ClientResultException>(async () =>
        {
            await foreach (var _ in Client(api, key).GetChatClient("nothing").CompleteChatStreamingAsync("clean"))
            {
            }
        });

        Assert.Equal((404, 400, 401, 404), (unknown.Status, system.Status, nobody.Status, streamed.Status));
        Assert.Contains("model_not_found", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("The task's instruction is part of the model", system.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetModels_Key_ListsAndFindsItsTasks()
    {
        var models = Client(api, await api.World.IssueKeyAsync(api.World.Hotels)).GetOpenAIModelClient();

        var all = (await models.GetModelsAsync(Cancellation)).Value;

        Assert.Equal(TestTasks.Hotels.Select(task => task.Name).Order(), all.Select(model => model.Id).Order());
        Assert.Equal("hotels", (await models.GetModelAsync(TestTasks.Reply, Cancellation)).Value.OwnedBy);
    }

    [Fact]
    public async Task CompleteChat_FullQueue_IsTriedAgainByTheClientUntilThereIsRoom()
    {
        using var gate = new ManualResetEventSlim();
        var model = new FakeModel { InStep = inputs => { if (inputs.Any(input => input.Text == "slow")) gate.Wait(Cancellation); } };
        await using var busy = await TestApi.StartServingAsync(new FakeLoader(_ => model), ("Api:MaxInputs", "1"), ("Api:MaxQueuedInputs", "1"), ("Api:MaxStepInputs", "1"));
        var key = await busy.World.IssueKeyAsync(busy.World.Hotels);
        var first = busy.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"slow"}]}""", Cancellation);
        await busy.WaitAsync(() => Task.FromResult(model.Inputs == 1), "the slow input to be in a step");
        var second = busy.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"waits"}]}""", Cancellation);
        var statuses = new List<int>();

        var chat = Client(busy, key.Secret, status =>
        {
            statuses.Add(status);
            if (status == 429)
                gate.Set();
        }).GetChatClient(TestTasks.Sentiment);
        ChatCompletion? answer = null;
        // Until the second one waits there is room, and the call would wait itself: it goes only once the queue is full.
        await busy.WaitAsync(() => Task.FromResult(busy.World.Get<EngineThread>().WaitingInputs == 1), "the queue to be full");
        answer = await chat.CompleteChatAsync([new UserChatMessage("clean")], cancellationToken: Cancellation);

        Assert.Equal("good", answer.Content[0].Text);
        Assert.Equal((429, 200), (statuses[0], statuses[^1]));
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await second).StatusCode);
    }

    [Fact]
    public async Task CompleteChatStreaming_ClientGoesAway_FreesTheSequenceAndIsBilled()
    {
        using var steps = new SemaphoreSlim(0);
        var model = new FakeModel { StepsFor = text => text == "endless" ? int.MaxValue : 1 };
        await using var own = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await own.World.IssueKeyAsync(own.World.Hotels);
        model.InStep = _ => steps.Wait();
        steps.Release(5);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Client(own, key).GetChatClient(TestTasks.Reply).CompleteChatStreamingAsync([new UserChatMessage("endless")], cancellationToken: leaving.Token))
            {
                if (++seen < 5)
                    continue;
                await leaving.CancelAsync();
                steps.Release(1000);
            }
        });

        await own.WaitAsync(() => Task.FromResult(model.Inputs == 0), "the sequence to be freed");
        await own.WaitAsync(async () =>
        {
            await using var context = own.World.Open();
            return await context.UsageRecords.AnyAsync(record => record.Status == UsageStatus.Error && record.DeviceMicroseconds > 0, Cancellation);
        }, "the usage to be on record");
    }

    private static OpenAIClient Client(TestApi api, IssuedKey key) => Client(api, key.Secret);

    private static OpenAIClient Client(TestApi api, string secret, Action<int>? onStatus = null) => new(new ApiKeyCredential(secret), new OpenAIClientOptions
    {
        Endpoint = new Uri(api.Client.BaseAddress!, "/v1"),
        Transport = new Watched(api.Client, onStatus ?? (_ => { })),
    });

    private sealed class Watched(HttpClient client, Action<int> onStatus) : HttpClientPipelineTransport(client)
    {
        protected override void OnReceivedResponse(PipelineMessage message, HttpResponseMessage httpResponse) => onStatus((int)httpResponse.StatusCode);
    }
}
