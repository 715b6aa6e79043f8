using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Platform.Api.Upstreams;
using Platform.Domain.Deployments;
using Platform.Domain.Upstreams;
using Platform.Domain.Usage;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Prompts;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests.Upstreams;

/// <summary>Deployments that an engine outside serves: the same answers, certificate, stream and ledger as from the Api's own.</summary>
public sealed class UpstreamTests
{
    private const string Name = "gpu";
    private const string Model = "model-version-1";

    internal static readonly string[] Texts = ["the room was clean", "we want to change the flight to the next day", "x"];

    public static TheoryData<string> Kinds => ["vllm", "sglang", "llama.cpp"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Deployment_OnAnEngineOutside_AnswersEveryTaskAsTheModelDoesAndIsCertified(string kind)
    {
        await using var world = await UpstreamWorld.StartAsync(kind);

        await world.ServeAsync();

        Assert.Equal(["", TestTasks.Same], world.Engine.Used.Distinct().Order(StringComparer.Ordinal));
        foreach (var (task, text) in TestTasks.Served.SelectMany(task => Texts.Select(text => (task, text))))
        {
            var expected = world.Here.Predict([new ServedInput(task.Name, text, task.Kind == TaskKind.PairClassification ? "and this" : null)], cancellationToken: Cancellation).Single();
            world.Engine.Used.Clear();
            var answer = await TestApi.BodyAsync(await world.PredictAsync(task.Name, text));
            Assert.Equal(task.Name == TestTasks.Same ? TestTasks.Same : "", world.Engine.Used.Distinct().Single());
            var prediction = answer["predictions"]![0]!;
            Assert.Equal(expected.Output, (string?)prediction["output"]);
            Assert.Equal(expected.Score, (double)prediction["score"]!, 1e-3);
            Assert.All(expected.Alternatives.Zip(prediction["alternatives"]!.AsArray()), pair => Assert.Equal((pair.First.Output, Math.Round(pair.First.Probability, 2)), ((string)pair.Second!["output"]!, Math.Round((double)pair.Second["score"]!, 2))));
            Assert.Equal((expected.PromptTokens, 5), ((int)answer["usage"]!["prompt_tokens"]!, (int)answer["usage"]!["cached_tokens"]!));
        }

        var deployment = await world.Api.World.ReloadAsync(world.Deployment);
        var certificate = ParityCertificate.Parse(deployment.CertificateJson!);
        Assert.Equal((certificate.Samples, 2 * certificate.Samples), (certificate.SameAlone, certificate.SameInBatches));
        Assert.True(certificate.Samples > 5);
        Assert.Equal($"{kind} '{Name}'", certificate.Processor);
        Assert.Equal(0.01, certificate.ScoreTolerance);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Stream_FromAnEngineOutside_ComesInPartsWithItsLogprobsAndCachedTokens(string kind)
    {
        await using var world = await UpstreamWorld.StartAsync(kind);
        await world.ServeAsync();
        var body = $$"""{"model":"{{TestTasks.Reply}}","messages":[{"role":"user","content":"{{Texts[0]}}"}],"logprobs":true,"top_logprobs":2""";

        var whole = await TestApi.BodyAsync(await world.Api.PostAsync(world.Key, "/v1/chat/completions", body + "}"));
        var events = (await (await world.Api.PostAsync(world.Key, "/v1/chat/completions", body + ""","stream":true,"stream_options":{"include_usage":true}}""")).Content.ReadAsStringAsync(Cancellation))
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one["data: ".Length..]).ToList();

        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(one => JsonNode.Parse(one)!).ToList();
        var expected = world.Here.Predict([new ServedInput(TestTasks.Reply, Texts[0])], cancellationToken: Cancellation).Single();
        Assert.Equal(expected.Output, (string?)whole["choices"]![0]!["message"]!["content"]);
        Assert.Equal(expected.Output, string.Concat(chunks.Where(chunk => chunk["choices"]!.AsArray().Count > 0).Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["content"])));
        Assert.Equal(5, (int)chunks[^1]["usage"]!["prompt_tokens_details"]!["cached_tokens"]!);
        Assert.All(whole["choices"]![0]!["logprobs"]!["content"]!.AsArray(), token => Assert.Equal(2, token!["top_logprobs"]!.AsArray().Count));
    }

    [Fact]
    public async Task AnotherInstanceOfTheApi_AnswersLikeTheModel_AndIsRefusedWhereItsKeyDoesNotReach()
    {
        var (inner, address) = await TestApi.StartListeningAsync();
        await using var _ = inner;
        var (key, narrow) = (await inner.World.IssueKeyForAllAsync(inner.World.Hotels), await inner.World.IssueKeyAsync(inner.World.Hotels));
        await using var refused = await UpstreamWorld.StartAsync("platform", settings: [("Upstreams:gpu:Address", $"{address}"), ("Upstreams:gpu:Key", narrow.Secret)]);
        Assert.Contains($"does not serve {TestTasks.Flights} to this key", (await refused.FailAsync()).Error, StringComparison.Ordinal);
        await using var served = await UpstreamWorld.StartAsync("platform", settings: [("Upstreams:gpu:Address", $"{address}"), ("Upstreams:gpu:Key", key.Secret)]);
        await served.ServeAsync();
        await TestApi.BodyAsync(await served.PredictAsync(TestTasks.Flights, Texts[1]));

        var folder = served.Folder + "/hotels";
        TinyModel.Save(folder, 1, TestTasks.Hotels);
        using var here = MultiTaskModel.Load(folder, options: new InferenceOptions { Threads = 1 });
        using var client = new UpstreamClient("edge", new UpstreamOptions { Kind = UpstreamOptions.Platform, Address = $"{address}", Key = key.Secret });
        var tasks = RemoteTasks.Load(folder);
        var engine = new PlatformEngine(client, tasks);
        await engine.ProbeAsync(Cancellation);
        var free = new GenerationOptions { TopLogprobs = 1, MaxTokens = 4, Sampling = new SamplingOptions { Temperature = 0.8, Seed = 5 } };
        var json = new GenerationOptions { Constraint = tasks.Constraints.JsonSchema("""{"enum":[1,2]}""", PromptBuilder.AnswerLayout) };
        foreach (var (task, options) in TestTasks.Hotels.SelectMany(task => new[] { (task, null), (task, free) }).Append((TestTasks.Hotels[2], json)))
        {
            var input = new ServedInput(task.Name, Texts[0], task.Kind == TaskKind.PairClassification ? "and this" : null, options);
            var expected = here.Predict([input], cancellationToken: Cancellation).Single();
            List<TextDelta> deltas = [];

            var answer = await engine.AnswerAsync(input, deltas.Add, Cancellation);

            Assert.Equal((expected.Output, expected.FinishReason, expected.PromptTokens, expected.CompletionTokens), (answer.Output, answer.FinishReason, answer.PromptTokens, answer.CompletionTokens));
            Assert.Equal(expected.Alternatives.Select(one => one.Output), answer.Alternatives.Select(one => one.Output));
            Assert.All(expected.Alternatives.Zip(answer.Alternatives), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-6));
            Assert.Equal(expected.Tokens.Select(token => token.Text), answer.Tokens.Select(token => token.Text));
            Assert.Equal(options is null ? "" : expected.Output, string.Concat(deltas.Select(delta => delta.Text)));
        }
    }

    [Fact]
    public async Task Engine_RestartsInTheMiddleOfAStream_TheAnswerIsWholeAndBilledOnce()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm");
        await world.ServeAsync();
        var expected = world.Here.Predict([new ServedInput(TestTasks.Reply, Texts[1])], cancellationToken: Cancellation).Single();
        Assert.True(expected.CompletionTokens > 2);
        world.Engine.BreaksOffAfter = 2;

        var events = (await (await world.Api.PostAsync(world.Key, "/v1/chat/completions", $$"""{"model":"{{TestTasks.Reply}}","messages":[{"role":"user","content":"{{Texts[1]}}"}],"stream":true}""")).Content.ReadAsStringAsync(Cancellation))
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one["data: ".Length..]).ToList();

        Assert.Equal(expected.Output, string.Concat(events[..^1].Select(one => (string?)JsonNode.Parse(one)!["choices"]![0]!["delta"]!["content"])));
        Assert.Null(world.Engine.BreaksOffAfter);
        Assert.Equal(UsageStatus.Ok, (await world.RecordsAsync()).Single().Status);
    }

    [Fact]
    public async Task Engine_Away_IsSaidWithoutABillAndServesAgainWhenItIsBack()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm", settings: [("Upstreams:gpu:Retries", "1")]);
        await world.ServeAsync();
        var port = world.Engine.Port;
        await world.Engine.DisposeAsync();

        var problem = await TestApi.ProblemAsync(await world.PredictAsync(TestTasks.Sentiment, "x"), HttpStatusCode.ServiceUnavailable, "engine_away");

        Assert.DoesNotContain($"{port}", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(await world.RecordsAsync());
        Assert.Contains($"The engine '{Name}'", await world.Api.Client.GetStringAsync("/readyz", Cancellation), StringComparison.Ordinal);
        await using var back = await EngineServer.StartAsync(world.Folder, Model, port);
        await world.Api.WaitAsync(async () => !(await world.Api.Client.GetStringAsync("/readyz", Cancellation)).Contains($"The engine '{Name}'", StringComparison.Ordinal), "the engine to be back");
        await TestApi.BodyAsync(await world.PredictAsync(TestTasks.Sentiment, "x"));
        Assert.Single(await world.RecordsAsync());
    }

    [Fact]
    public async Task Engine_BusyOnce_IsAskedAgain()
    {
        await using var world = await UpstreamWorld.StartAsync("sglang");
        await world.ServeAsync();
        var asked = 0;
        world.Engine.Before = _ => Task.FromResult<IResult?>(Interlocked.Increment(ref asked) == 1 ? Results.StatusCode(503) : null);

        await TestApi.BodyAsync(await world.PredictAsync(TestTasks.Sentiment, "x"));

        Assert.Equal(2, asked);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"logprobs":{"top_logprobs":[{"token_id:1":-1}]}}]}""")]
    public async Task Engine_AnswersNonsense_FailsTheRequestOnlyAndBillsNothing(string nonsense)
    {
        await using var world = await UpstreamWorld.StartAsync("vllm");
        await world.ServeAsync();
        world.Engine.Before = _ => Task.FromResult<IResult?>(Results.Text(nonsense, "application/json"));

        await TestApi.ProblemAsync(await world.PredictAsync(TestTasks.Sentiment, "x"), HttpStatusCode.BadGateway, "engine_refused");

        world.Engine.Before = _ => Task.FromResult<IResult?>(null);
        await TestApi.BodyAsync(await world.PredictAsync(TestTasks.Sentiment, "x"));
        Assert.Single(await world.RecordsAsync());
    }

    [Fact]
    public async Task Caller_GoneWhileTheEngineComputes_IsGivenUpThereAndOnRecord()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm");
        await world.ServeAsync();
        using var entered = new SemaphoreSlim(0);
        using var left = new SemaphoreSlim(0);
        world.Engine.Before = async context =>
        {
            entered.Release();
            try
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                left.Release();
            }

            return Results.Empty;
        };
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var call = world.Api.PredictAsync(world.Key, TestTasks.Sentiment, """{"inputs":[{"text":"a"},{"text":"b"}]}""", caller.Token);
        await entered.WaitAsync(Cancellation);
        await entered.WaitAsync(Cancellation);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(await left.WaitAsync(TimeSpan.FromSeconds(30), Cancellation) && await left.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        await world.Api.WaitAsync(async () => (await world.RecordsAsync()).Count == 1, "the record");
        var record = (await world.RecordsAsync()).Single();
        Assert.Equal(UsageStatus.Error, record.Status);
        Assert.True(record.DeviceMicroseconds > 0);
        await world.AssertBusyIsBilledAsync();
    }

    [Fact]
    public async Task Ledger_ManyCallersAtOnce_SharesAddUpToTheEnginesBusyTime()
    {
        await using var world = await UpstreamWorld.StartAsync("llama.cpp", settings: [("Upstreams:gpu:MaxConcurrency", "6")]);
        await world.ServeAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => world.PredictAsync(i % 3 == 0 ? TestTasks.Reply : TestTasks.Sentiment, Texts[i % Texts.Length])));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(40, (await world.RecordsAsync()).Count);
        await world.AssertBusyIsBilledAsync();
    }

    [Fact]
    public async Task Deployment_EngineWithOtherWeights_IsRefusedWithTheFirstDifferences()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm");
        world.Engine.Wrong = 3;

        var failed = await world.FailAsync();

        Assert.Contains("recorded sample predictions otherwise", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployment_EngineWithoutTheModel_SaysWhatItHas()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm", settings: [("Upstreams:gpu:Model", "another")]);

        var failed = await world.FailAsync();

        Assert.Contains("does not serve a model 'another'", failed.Error, StringComparison.Ordinal);
        Assert.Contains(Model, failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployment_EngineWithAWrongKey_NamesTheSetting()
    {
        await using var world = await UpstreamWorld.StartAsync("llama.cpp", settings: [("Upstreams:gpu:Key", "wrong")]);
        world.Engine.Key = "right";

        Assert.Contains("Upstreams__gpu__Key", (await world.FailAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canary_OnAnEngineOutsideBesideTheOwn_BothAnswer()
    {
        await using var world = await UpstreamWorld.StartAsync("vllm");
        var live = await world.Api.World.BeginDeployingAsync(await world.Api.World.AddModelAsync(seed: 2));
        await world.Api.WaitAsync(async () => (await world.Api.World.ReloadAsync(live)).Status == DeploymentStatus.Live, "the own engine's deployment");

        await world.Api.World.BeginDeployingAsync(world.Version, new RolloutPlan(RolloutMode.Canary, 50, []), Name);

        HashSet<int> seen = [];
        await world.Api.WaitAsync(async () =>
        {
            seen.Add((int)(await TestApi.BodyAsync(await world.PredictAsync(TestTasks.Sentiment, "x")))["model_version"]!);
            return seen.Count == 2;
        }, "both to answer");
        await world.Api.StopAsync(); // both threads end
    }
}
