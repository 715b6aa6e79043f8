using System.Text.Json;
using Platform.Engine.Evaluation;
using Platform.Engine.Tasks;
using Spectre.Console;

namespace Platform.MethodBench;

/// <summary>Has the platform train one arm with one seed, and reads back how it came out.</summary>
internal sealed class ArmRun(Suite suite, Product product, Machine machine)
{
    private const int Resamples = 200;
    private const int Digits = 4; // of a stored score: a ten-thousandth is far below what test rows can tell

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(60); // every look starts a process, which takes time from the training
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>The arm's result, that of the dedicated models it is compared with, and the number of the arm's model version.</returns>
    public async Task<(ArmResult Arm, ArmResult SingleTask, int Version)> DoAsync(Arm arm, int seed, ProgressTask bar, CancellationToken cancellationToken)
    {
        var name = $"{arm.Name} {seed} {suite.HashOf(arm, seed)}";
        var run = await FindAsync(name, cancellationToken) ?? await PlanAsync(arm, seed, name, cancellationToken);
        var ended = await FollowAsync(run, bar, cancellationToken);
        var versions = await product.CallAsync(["models", "list"], cancellationToken);
        var version = versions.EnumerateArray().Single(one => one.GetProperty("run").GetInt32() == run).GetProperty("model_version").GetInt32();
        var shown = await product.CallAsync(["models", "show", $"{version}"], cancellationToken);
        var artifacts = Path.Combine(product.Data, "artifacts");
        return (Arm(arm, seed, ended, shown, artifacts), SingleTask(seed, ended, shown, artifacts), version);
    }

    /// <summary>A run of that name that did not end badly: it is followed instead of begun anew.</summary>
    private async Task<int?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var status = await product.CallAsync(["status"], cancellationToken);
        foreach (var run in status.GetProperty("runs").EnumerateArray())
            if (run.GetProperty("name").GetString() == name && run.GetProperty("status").GetString() is not ("failed" or "cancelled"))
                return run.GetProperty("run").GetInt32();
        return null;
    }

    private async Task<int> PlanAsync(Arm arm, int seed, string name, CancellationToken cancellationToken)
    {
        var recipe = Path.Combine(product.Data, "recipe.json");
        await File.WriteAllTextAsync(recipe, suite.RecipeOf(arm, seed).ToJsonString(), cancellationToken);
        var planned = await product.CallAsync(["train", .. suite.TrainRows.Keys, "--recipe", recipe, "--name", name, "--follow", "false"], cancellationToken);
        return planned.GetProperty("run").GetInt32();
    }

    private async Task<JsonElement> FollowAsync(int run, ProgressTask bar, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pace);
        while (true)
        {
            var shown = await product.CallAsync(["status", $"{run}"], cancellationToken);
            var steps = shown.GetProperty("steps").EnumerateArray().ToList();
            var current = steps.FirstOrDefault(step => step.GetProperty("status").GetString() == "running");
            var what = current.ValueKind == JsonValueKind.Object ? $" · {current.GetProperty("kind").GetString()} {current.GetProperty("task").GetString()}" : "";
            bar.Description = Markup.Escape($"{shown.GetProperty("name").GetString()}{what}");
            bar.Value = 100.0 * steps.Sum(step => step.GetProperty("examples_done").GetInt64()) / Math.Max(1, steps.Sum(step => step.GetProperty("examples_total").GetInt64()));
            switch (shown.GetProperty("status").GetString())
            {
                case "succeeded":
                    bar.Value = 100;
                    return shown;
                case "failed" or "cancelled":
                    throw new InvalidOperationException($"Run {run} ended: {shown.GetProperty("error").GetString()} Look into it in {product.Data}; a new call plans it again.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private ArmResult Arm(Arm arm, int seed, JsonElement run, JsonElement version, string artifacts)
    {
        var decisions = run.GetProperty("tasks").EnumerateArray().ToDictionary(task => task.GetProperty("task").GetString()!, task => task);
        return Result(arm.Name, suite.HashOf(arm, seed), seed, run, step => step != "baseline", [.. version.GetProperty("tasks").EnumerateArray().Select(one =>
        {
            var task = decisions[one.GetProperty("task").GetString()!];
            double[] difference = [Number(one, "difference"), Number(one, "difference_low"), Number(one, "difference_high")];
            return Score(one, "predictions_path", task, task.GetProperty("decision").GetString()!, one.GetProperty("served_by").GetString()!, artifacts)
                with { Difference = [.. difference.Select(Rounded)] };
        })]);
    }

    private ArmResult SingleTask(int seed, JsonElement run, JsonElement version, string artifacts)
    {
        var tasks = run.GetProperty("tasks").EnumerateArray().ToDictionary(task => task.GetProperty("task").GetString()!, task => task);
        return Result(Results.SingleTask, SingleHash(seed), seed, run, step => step == "baseline",
            [.. version.GetProperty("tasks").EnumerateArray().Select(one => Score(one, "single_predictions_path", tasks[one.GetProperty("task").GetString()!], "", "dedicated", artifacts))]);
    }

    /// <summary>The dedicated models depend on the suite's recipe and not on an arm.</summary>
    public string SingleHash(int seed) => suite.HashOf(suite.Arms[0], seed);

    private ArmResult Result(string arm, string hash, int seed, JsonElement run, Func<string, bool> counts, IReadOnlyList<TaskScore> tasks) => new(
        suite.Name, arm, seed, hash, machine.BaseModelSha256, machine.Today, machine.Processor, machine.Cores,
        [.. run.GetProperty("steps").EnumerateArray().Where(step => counts(step.GetProperty("kind").GetString()!)).Select(Cost)],
        tasks);

    private static StepCost Cost(JsonElement step)
    {
        var kind = step.GetProperty("kind").GetString()!;
        // Of a dedicated model the result has the training alone; the step also measured it on the test rows, or found it measured.
        var (from, examples, tokens, time) = kind == "baseline"
            ? (step.GetProperty("result"), "examples", "tokens", "deviceMicroseconds")
            : (step, "examples_done", "tokens_done", "device_microseconds");
        return new StepCost(
            kind, step.GetProperty("task").GetString(), from.GetProperty(examples).GetInt64(), from.GetProperty(tokens).GetInt64(), from.GetProperty(time).GetInt64() / 1e6);
    }

    private static TaskScore Score(JsonElement one, string predictionsPath, JsonElement task, string decision, string servedBy, string artifacts)
    {
        var name = one.GetProperty("task").GetString()!;
        var path = Path.Combine(artifacts, one.GetProperty(predictionsPath).GetString()!);
        var predictions = File.ReadLines(Path.Combine(path, "predictions.jsonl")).Select(line => JsonSerializer.Deserialize<Prediction>(line, Json)!).ToList();
        var labels = Path.Combine(path, "labels.json");
        var metric = Metric.Parse(one.GetProperty("metric").GetString()!, File.Exists(labels) ? JsonSerializer.Deserialize<List<string>>(File.ReadAllText(labels), Json) : null);
        var interval = Bootstrap.Interval(metric, predictions);
        return new TaskScore(
            name, metric.Name, task.GetProperty("train_rows").GetInt32(), predictions.Count, Rounded(interval.Value), Rounded(interval.Low), Rounded(interval.High),
            decision, servedBy, [.. Bootstrap.Samples(metric, predictions, Resamples).Select(Rounded)]);
    }

    private static double Number(JsonElement one, string name) => one.GetProperty(name).ValueKind == JsonValueKind.Number ? one.GetProperty(name).GetDouble() : double.NaN;

    private static double Rounded(double value) => Math.Round(value, Digits);
}
