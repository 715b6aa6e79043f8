using Platform.Engine.Training;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>The worst tasks whose interval crosses the tolerance are really trained, in the mixture and alone, and that decides.</summary>
internal static class BorderlineCheck
{
    public static FilterOutcome Apply(ProbeWork work, FilterOutcome outcome, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        if (!work.Options.CheckBorderline || outcome.Map is not { } map)
            return outcome;
        var doubtful = FilterRule.Borderline(map, outcome.Decisions, work.Options).Take(work.Options.ChecksMax).ToHashSet();
        if (doubtful.Count == 0)
            return outcome;
        var options = new ProbeOptions(work.Options.Examples, work.Options.Tolerance, work.Options.ExamplesMin);
        var evidence = Probe.Run(
            work.LoadBase, work.Prompts, work.Tasks, options, work.Training with { LearningRate = work.CheckLearningRate }, Path.Combine(work.Folder, "checks"), work.Identity,
            progress, cancellationToken, doubtful.Contains).ToDictionary(one => one.Task);
        return outcome with { Decisions = FilterRule.LeaveOne([.. outcome.Decisions.Select((decision, i) => doubtful.Contains(i) ? Judge(decision, evidence[decision.Task]) : decision)]) };
    }

    /// <summary>The real run's word counts.</summary>
    private static FilterDecision Judge(FilterDecision estimated, ProbeEvidence real) => estimated with
    {
        Isolate = real.Isolate,
        Sentence = $"{real.Sentence} This was really trained, because the estimate left it open.",
        Evidence = new FilterEvidence(null, real.Task, real.Difference, "measured"),
        Checked = real,
    };
}
