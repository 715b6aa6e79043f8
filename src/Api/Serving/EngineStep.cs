using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <summary>One step of the engine: answers a batch, and shares its device time out to the requests in it.</summary>
internal sealed partial class EngineStep(TimeProvider clock, ILogger<EngineStep> logger)
{
    /// <summary>
    /// Afterwards every slot has its answer or its request has failed, and the requests' shares have grown by exactly as much as
    /// the deployment's busy time. When a batch fails, its inputs are tried one by one: a bad input fails its own request only.
    /// </summary>
    public void Run(ServedDeployment deployment, IReadOnlyList<Slot> taken)
    {
        var slots = DropUnserved(deployment, taken);
        if (slots.Count > 0 && !TryAnswer(deployment, slots) && slots.Count > 1)
        {
            foreach (var slot in slots.Where(slot => !slot.Request.HasFailed))
                TryAnswer(deployment, [slot]);
        }

        foreach (var request in taken.Select(slot => slot.Request).Distinct())
            request.CompleteIfOver();
    }

    /// <summary>A request that waited while the deployment changed may ask for a task that is no longer there.</summary>
    private static List<Slot> DropUnserved(ServedDeployment deployment, IReadOnlyList<Slot> taken)
    {
        foreach (var slot in taken.Where(slot => !deployment.Tasks.ContainsKey(slot.Request.Task)))
            slot.Request.Fail(ServingErrors.TaskNotServed(slot.Request.Task, deployment.ModelVersion));
        return [.. taken.Where(slot => !slot.Request.HasFailed)];
    }

    private bool TryAnswer(ServedDeployment deployment, List<Slot> slots)
    {
        var started = clock.GetTimestamp();
        try
        {
            var answers = Checked(deployment.Model.Predict([.. slots.Select(slot => (slot.Request.Task, slot.Input.Text, slot.Input.Text2))]), slots.Count);
            Share(deployment, started, slots, [.. answers.Select(ComputedTokens)]);
            foreach (var (slot, answer) in slots.Zip(answers))
                slot.Request.Answer(slot.Index, answer);
            return true;
        }
        catch (Exception exception)
        {
            Share(deployment, started, slots, [.. slots.Select(slot => (long)slot.Input.Tokens)]);
            if (slots.Count == 1)
                Fail(deployment, slots[0], exception);
            else
                LogBatchFailed(exception, deployment.Number, slots.Count);
            return false;
        }
    }

    private void Fail(ServedDeployment deployment, Slot slot, Exception exception)
    {
        if (exception is InputTooLongException tooLong)
        {
            // Counted when it came in, but a deployment with a smaller limit took over while it waited.
            slot.Request.Fail(ServingErrors.InputTooLong(slot.Index, tooLong.Tokens, tooLong.Limit));
            return;
        }

        LogInputFailed(exception, deployment.Number, slot.Request.Task, slot.Index);
        slot.Request.Fail(ServingErrors.EngineFailed(slot.Index));
    }

    private void Share(ServedDeployment deployment, long started, IReadOnlyList<Slot> slots, IReadOnlyList<long> weights)
    {
        var microseconds = clock.GetElapsedTime(started).Ticks / TimeSpan.TicksPerMicrosecond;
        deployment.AddBusy(microseconds);
        foreach (var (slot, share) in slots.Zip(DeviceTime.Share(microseconds, weights)))
            slot.Request.AddTime(deployment, share);
    }

    /// <summary>What the device had to compute for an answer: what came from the cache cost nothing.</summary>
    private static long ComputedTokens(Answer answer) => Math.Max(1, (long)answer.PromptTokens - answer.CachedTokens + answer.CompletionTokens);

    private static IReadOnlyList<Answer> Checked(IReadOnlyList<Answer> answers, int expected)
    {
        if (answers.Count != expected)
            throw new InvalidOperationException($"The engine gave {answers.Count} answers to {expected} inputs.");
        return answers.All(answer => double.IsFinite(answer.Score))
            ? answers
            : throw new InvalidOperationException("The engine gave a score that is not a number.");
    }
}
