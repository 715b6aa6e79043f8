using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.Engine.Models;

namespace Platform.Engine.Tests.Inference;

public sealed class InferenceEngineTests
{
    private const int Never = -1; // an end token that the model cannot produce

    [Fact]
    public void Step_FiveThousandMixedRequests_AnswersAloneAndUnderLoadAreTheSameBits()
    {
        using var model = TinyModel.Create();
        using var first = ForwardPassTests.RandomAdapter(model, 3, 1);
        using var second = ForwardPassTests.RandomAdapter(model, 16, 2);
        var adapters = new Dictionary<string, LoraAdapter> { ["one"] = first, ["two"] = second };
        var random = new Random(11);
        var plans = Enumerable.Range(0, 5_000).Select(_ => Plan.Draw(random)).ToList();
        var alone = new List<Plan.Outcome>();
        using (var engine = Engine(model, adapters, new InferenceOptions { Threads = 1 }))
        {
            foreach (var plan in plans)
                alone.Add(RunAll(engine, [plan], random: null)[0]);
        }

        // Few blocks, short steps and two threads: prompts are cut, prefixes evicted, sequences preempted.
        using var loaded = Engine(model, adapters, new InferenceOptions { Threads = 2, KeyValueBytes = 1, MaxStepTokens = 96, MaxStepSequences = 24, PrefillChunkTokens = 20, MaxWaiting = 300 });
        var together = RunAll(loaded, plans, random);

        for (var i = 0; i < plans.Count; i++)
        {
            Assert.Equal(alone[i].Ids, together[i].Ids);
            Assert.Equal(alone[i].Probabilities, together[i].Probabilities);
            Assert.Equal(alone[i].Score, together[i].Score);
        }

        Assert.True(loaded.Counts.HitTokens > 1_000, $"only {loaded.Counts.HitTokens} prompt tokens came from the cache");
        Assert.True(loaded.Counts.Preemptions > 0, "nothing was preempted");
        Assert.True(loaded.IsIdle);
        Assert.Equal(0, loaded.Counts.UsedBlocks);
    }

    [Fact]
    public void Step_Text_IsWhatFullForwardPassesChoose()
    {
        using var model = TinyModel.Create();
        int[] prompt = [20, 21, 22, 23, 24];
        var ids = prompt.ToList();
        var logProbability = 0.0;
        for (var i = 0; i < 12; i++)
        {
            var logits = model.LastLogits(ids);
            ids.Add(Array.IndexOf(logits, logits.Max()));
            logProbability += logits.Max() - Math.Log(logits.Sum(l => Math.Exp(l)));
        }

        using var engine = Engine(model);
        var outcome = RunAll(engine, [new Plan(prompt, null, null, 12)], random: null)[0];

        Assert.Equal(ids[prompt.Length..], outcome.Ids);
        Assert.Equal(Math.Exp(logProbability / 12), outcome.Score, 5);
    }

    [Fact]
    public void Step_EndToken_EndsWithoutIt()
    {
        using var model = TinyModel.Create();
        using var engine = Engine(model);
        var free = RunAll(engine, [new Plan([20, 21, 22], null, null, 5)], random: null)[0].Ids;
        var request = new TextRequest([20, 21, 22], 5, [free[2]], null);

        Finish(engine, request);

        Assert.True(request.Continuation.Ended);
        Assert.Equal(free.TakeWhile(id => id != free[2]), request.Continuation.Ids);
    }

    /// <summary>Labels that share prefixes, that are prefixes of others, and very many of them.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(20, 3)]
    [InlineData(151, 4)]
    public void Step_Labels_AreScoredAsTokenByToken(int count, int depth)
    {
        using var model = TinyModel.Create();
        var random = new Random(count);
        // Each label ends with 0; few tokens to draw from, so that many share their beginning.
        int[][] answers = [.. Enumerable.Range(0, 100_000).Select(_ => Enumerable.Range(0, random.Next(1, depth + 1)).Select(_ => random.Next(5, 12)).Append(0).ToArray())
            .DistinctBy(a => string.Join(' ', a)).Take(count)];
        int[] prompt = [20, 21, 22, 23, 24, 25];
        using var engine = Engine(model);
        using var pass = new InferencePass(model);
        var request = new LabelRequest(prompt, new LabelTrie(answers), null);

        Finish(engine, request);

        Assert.Equal(count, answers.Length);
        Assert.Equal(1, request.Probabilities.Sum(), 9);
        foreach (var (answer, probability) in answers.Zip(request.Probabilities))
            Assert.Equal(TokenByToken(ids => pass.Logits(ids)[^1], prompt, answers, answer), probability, 12);
        foreach (var (answer, probability) in answers.Zip(request.Probabilities).Take(6))
            Assert.Equal(TokenByToken(ids => model.LastLogits(ids), prompt, answers, answer), probability, 3);
    }

    /// <summary>Labels of many scripts, whose tokens are parts of characters, and one that begins another.</summary>
    [Fact]
    public void Predict_LabelsOfManyScripts_AreScoredAsTokenByToken()
    {
        using var model = TinyModel.Create();
        string[] labels = ["yes", "yes please", "да", "дальше", "はい", "はいはい", "नहीं", "نعم", "👍", "👍🏽"];
        var task = TinyModel.ColourTask().Spec with { Labels = labels };
        var prompts = TinyModel.Prompts;
        var prompt = prompts.Prompt(task, "red", null).Ids;
        int[][] answers = [.. labels.Select(prompts.Answer)];
        using var predictor = new Predictor(model, prompts, options: new InferenceOptions { Threads = 1 });
        using var pass = new InferencePass(model);

        var scores = predictor.Predict([new PredictionInput(task, "red", null)])[0].Alternatives.ToDictionary(a => a.Output, a => a.Probability);

        Assert.Equal(1, scores.Values.Sum(), 9);
        foreach (var (label, answer) in labels.Zip(answers))
        {
            Assert.Equal(TokenByToken(ids => pass.Logits(ids)[^1], prompt, answers, answer), scores[label], 12);
            Assert.Equal(TokenByToken(ids => model.LastLogits(ids), prompt, answers, answer), scores[label], 3);
        }
    }

    [Fact]
    public void Step_SamePrefixAgain_ComesFromTheCache()
    {
        using var model = TinyModel.Create();
        using var engine = Engine(model);
        var instruction = Enumerable.Range(40, 35).ToArray();
        var (before, first) = Finish(engine, new LabelRequest([.. instruction, 7, 8], new LabelTrie([[5, 0], [6, 0]]), null));
        var (cached, again) = Finish(engine, new LabelRequest([.. instruction, 9], new LabelTrie([[5, 0], [6, 0]]), null));

        Assert.Equal((0, 37), (before, first));
        Assert.Equal((32, 4), (cached, again)); // whole blocks of 16
    }

    [Fact]
    public void TrySubmit_FullQueue_IsRefusedAndNothingElseHappens()
    {
        using var model = TinyModel.Create();
        using var engine = Engine(model, options: new InferenceOptions { Threads = 1, MaxWaiting = 2 });

        Assert.True(engine.TrySubmit(new TextRequest([1], 2, [Never], null), out _));
        Assert.True(engine.TrySubmit(new TextRequest([2], 2, [Never], null), out _));
        Assert.False(engine.TrySubmit(new TextRequest([3], 2, [Never], null), out _));

        var done = 0;
        while (!engine.IsIdle)
            engine.Step((_, _, _) => done++);
        Assert.Equal(2, done);
    }

    [Fact]
    public void TrySubmit_BehindTheContext_IsRefused()
    {
        using var model = TinyModel.Create();
        using var engine = Engine(model);

        Assert.Contains("context is 96", Assert.Throws<ArgumentException>(() => engine.TrySubmit(new TextRequest(new int[90], 7, [Never], null), out _)).Message);
        Assert.Throws<ArgumentException>(() => engine.TrySubmit(new TextRequest([1], 1, [Never], "unknown"), out _));
        Assert.True(engine.IsIdle);
    }

    [Fact]
    public void Cancel_AtAnyMoment_FreesTheMemoryAndDisturbsNobody()
    {
        using var model = TinyModel.Create();
        using var engine = Engine(model, options: new InferenceOptions { Threads = 1, MaxStepTokens = 40, MaxStepSequences = 4, PrefillChunkTokens = 10 });
        var random = new Random(3);
        var plans = Enumerable.Range(0, 60).Select(_ => Plan.Draw(random) with { Adapter = null }).ToList();
        var expected = plans.ConvertAll(plan => RunAll(engine, [plan], random: null)[0]);
        var requests = plans.ConvertAll(plan => plan.Request());
        var ids = requests.ConvertAll(request => engine.TrySubmit(request, out var id) ? id : throw new InvalidOperationException());
        var (completed, cancelled) = (new HashSet<long>(), new HashSet<long>());
        while (!engine.IsIdle)
        {
            engine.Step((id, _, _) => completed.Add(id));
            var victim = ids[random.Next(ids.Count)];
            if (random.Next(3) == 0 && !completed.Contains(victim))
            {
                engine.Cancel(victim);
                cancelled.Add(victim);
            }
        }

        Assert.NotEmpty(cancelled);
        Assert.Equal(ids.Order(), completed.Concat(cancelled).Order());
        Assert.Equal(0, engine.Counts.UsedBlocks);
        for (var i = 0; i < plans.Count; i++)
        {
            if (completed.Contains(ids[i]))
                Assert.Equal(expected[i].Score, Plan.Read(requests[i]).Score);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Predict_BothWays_AnswerMixedTasksInOrder(bool torch)
    {
        using var model = TinyModel.Create();
        using var adapter = ForwardPassTests.RandomAdapter(model, 4, 5);
        var adapters = new Dictionary<string, LoraAdapter> { ["adapted"] = adapter };
        var (colour, echo, adapted) = (TinyModel.ColourTask().Spec, TinyModel.EchoTask().Spec, TinyModel.ColourTask("adapted").Spec);
        PredictionInput[] inputs = [.. Enumerable.Range(0, 70).Select(i => new PredictionInput((i % 3) switch { 0 => colour, 1 => echo, _ => adapted }, $"bird {i}", null))];
        using var predictor = torch
            ? new Predictor(model, TinyModel.Prompts, new TorchInference(model, adapters, 20), adapters.Keys)
            : new Predictor(model, TinyModel.Prompts, adapters, new InferenceOptions { MaxWaiting = 20 });

        var together = predictor.Predict(inputs);

        Assert.True(predictor.IsIdle);
        for (var i = 0; i < inputs.Length; i += 7)
        {
            var alone = predictor.Predict([inputs[i]])[0];
            Assert.Equal(alone.Output, together[i].Output);
            Assert.Equal(alone.Score, together[i].Score, torch ? 4 : 15);
        }

        Assert.NotEqual(together[0].Alternatives.Count, together[1].Alternatives.Count);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => predictor.Predict(inputs, cancellationToken: cancelled.Token));
        Assert.True(predictor.IsIdle || predictor.Step().Count == 0);
    }

    private static InferenceEngine Engine(CausalLanguageModel model, Dictionary<string, LoraAdapter>? adapters = null, InferenceOptions? options = null) =>
        new(new InferenceModel(model), (adapters ?? []).ToDictionary(a => a.Key, a => new InferenceAdapter(a.Value)), options ?? new InferenceOptions { Threads = 1 });

    /// <summary>Prompt tokens from the cache, and tokens that were computed.</summary>
    private static (int Cached, int Computed) Finish(InferenceEngine engine, InferenceRequest request)
    {
        Assert.True(engine.TrySubmit(request, out _));
        var (fromCache, computed) = (0, 0);
        while (!engine.IsIdle)
            computed += engine.Step((_, _, cached) => fromCache = cached).Sum(step => step.ComputedTokens);
        return (fromCache, computed);
    }

    /// <summary>All at once, or, with a random source, a few more between the steps.</summary>
    private static Plan.Outcome[] RunAll(InferenceEngine engine, IReadOnlyList<Plan> plans, Random? random)
    {
        var outcomes = new Plan.Outcome[plans.Count];
        var places = new Dictionary<long, int>();
        for (var next = 0; next < plans.Count || !engine.IsIdle;)
        {
            for (var more = random?.Next(40) ?? plans.Count; next < plans.Count && more > 0 && engine.TrySubmit(plans[next].Request(), out var id); next++, more--)
                places[id] = next;
            engine.Step((id, request, _) => outcomes[places[id]] = Plan.Read(request));
        }

        return outcomes;
    }

    private static double TokenByToken(Func<int[], float[]> logitsOf, int[] prompt, int[][] answers, int[] answer)
    {
        var probability = 1.0;
        for (var depth = 0; depth < answer.Length; depth++)
        {
            var allowed = answers.Where(a => a.Length > depth && a.AsSpan(0, depth).SequenceEqual(answer.AsSpan(0, depth))).Select(a => a[depth]).Distinct().ToList();
            if (allowed.Count == 1)
                continue;
            var logits = logitsOf([.. prompt, .. answer[..depth]]);
            var highest = allowed.Max(token => logits[token]);
            probability *= Math.Exp((double)logits[answer[depth]] - highest) / allowed.Sum(token => Math.Exp((double)logits[token] - highest));
        }

        return probability;
    }

    /// <summary>A request that can be made again and again.</summary>
    private sealed record Plan(int[] Prompt, string? Adapter, int[][]? Labels, int MaxNewTokens)
    {
        /// <summary>One of six instructions, an input, and labels or a few tokens to generate.</summary>
        public static Plan Draw(Random random)
        {
            var task = random.Next(6);
            int[] prompt = [.. Enumerable.Range(0, 10 + (9 * task)).Select(i => (task * 40) + i), .. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(320))];
            string? adapter = (task % 3) switch { 0 => null, 1 => "one", _ => "two" };
            int[][] labels = [[5, 6, 7, 0], [5, 6, 0], [5, 0], [8 + task, 9, 0], [30, 0]];
            return task % 2 == 0 ? new Plan(prompt, adapter, labels, 0) : new Plan(prompt, adapter, null, random.Next(1, 8));
        }

        public static Outcome Read(InferenceRequest request) => request is LabelRequest labels
            ? new Outcome([], labels.Probabilities, 0)
            : new Outcome(((TextRequest)request).Continuation.Ids, [], ((TextRequest)request).Continuation.MeanProbability);

        public InferenceRequest Request() =>
            Labels is null ? new TextRequest(Prompt, MaxNewTokens, [Never], Adapter) : new LabelRequest(Prompt, new LabelTrie(Labels), Adapter);

        public sealed record Outcome(IReadOnlyList<int> Ids, double[] Probabilities, double Score);
    }
}
