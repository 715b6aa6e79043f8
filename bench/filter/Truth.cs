using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.FilterBench;

/// <summary>Really trains the mixture, every mixture without one task, and every task alone.</summary>
internal sealed class Truth(BenchSettings settings, string baseModel, PromptBuilder prompts, IReadOnlyList<TaskData> tasks, ResultsFile<TruthResult> results, string workFolder)
{
    public void Run(int seeds, TextWriter output, CancellationToken cancellationToken)
    {
        var arms = Arms().ToList();
        var done = results.Read().Where(r => r.Settings == settings.Name).Select(r => (r.Seed, r.Arm)).ToHashSet();
        var (at, total) = (0, seeds * arms.Count);
        for (var seed = 1L; seed <= seeds; seed++)
        {
            foreach (var (arm, counts) in arms)
            {
                at++;
                if (done.Contains((seed, arm)))
                    continue;
                output.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {at} of {total}: seed {seed}, {arm}");
                results.Append(Train(seed, arm, counts, cancellationToken));
            }
        }
    }

    private IEnumerable<(string Arm, long[] Counts)> Arms()
    {
        var all = tasks.Select(t => (long)t.Train.Count * settings.Epochs).ToArray();
        yield return ("all", all);
        foreach (var (i, task) in tasks.Index())
            yield return ($"without {task.Spec.Name}", [.. all.Select((count, j) => j == i ? 0 : count)]);
        foreach (var (i, task) in tasks.Index())
            yield return ($"alone {task.Spec.Name}", [.. all.Select((count, j) => j == i ? count : 0)]);
    }

    private TruthResult Train(long seed, string arm, long[] counts, CancellationToken cancellationToken)
    {
        var checkpoint = Path.Combine(workFolder, $"{seed} {arm}.safetensors");
        var identity = $"{settings.Name} {seed} {arm}";
        using var model = HuggingFaceFolder.LoadModel(baseModel);
        var trained = FineTuner.Run(model, null, prompts, tasks, counts, settings.Training(seed), checkpoint, identity, _ => { }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var losses = tasks.Where((_, i) => counts[i] > 0).ToDictionary(
            task => task.Spec.Name,
            task => Math.Round(Evaluator.Loss(model, prompts, task.Spec, task.Validation, settings.MaxTokens), 6));
        TrainingCheckpoints.Delete(checkpoint);
        return new TruthResult(settings.Name, seed, arm, trained.Examples, trained.Tokens, Math.Round(trained.DeviceTime.TotalSeconds, 2), losses);
    }
}
