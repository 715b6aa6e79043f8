using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <summary>
/// The inputs that are in the engine: takes new ones in between two steps, shares each step's device time out to the requests in it, and
/// hands answers over as they come.
/// </summary>
internal sealed partial class EngineStep(TimeProvider clock, ILogger<EngineStep> logger)
{
    private readonly Dictionary<long, Slot> running = [];

    /// <summary>Inputs in the engine.</summary>
    public int Running => running.Count;

    /// <summary>Takes inputs in; one that cannot be answered fails its own request only.</summary>
    public void Admit(ServedDeployment deployment, IReadOnlyList<Slot> slots)
    {
        foreach (var slot in slots)
        {
            if (!slot.Request.HasFailed)
                TrySubmit(deployment, slot);
            slot.Request.CompleteIfOver();
        }
    }

    /// <summary>
    /// One step over all inputs that are in. Afterwards the requests' shares have grown by exactly as much as the deployment's busy time.
    /// When the step fails, its inputs are tried one by one: a bad input fails its own request only.
    /// </summary>
    /// <returns>Inputs that left the engine.</returns>
    public int Run(ServedDeployment deployment)
    {
        var before = running.Count;
        DropUnwanted(deployment);
        if (running.Count > 0 && !TryStep(deployment))
            OneByOne(deployment);
        return before - running.Count;
    }

    /// <summary>Fails everything that is in; a bug of ours must not leave callers waiting.</summary>
    public void FailAll(ServedDeployment deployment)
    {
        foreach (var (id, slot) in running)
        {
            deployment.Model.Cancel(id);
            slot.Request.Fail(ServingErrors.EngineFailed(slot.Index));
            slot.Request.CompleteIfOver();
        }

        running.Clear();
    }

    /// <summary>A caller that gave up, or a request that failed by another of its inputs, is not computed any further.</summary>
    private void DropUnwanted(ServedDeployment deployment)
    {
        foreach (var (id, slot) in running.Where(entry => entry.Value.Request.GivenUp || entry.Value.Request.HasFailed).ToList())
        {
            deployment.Model.Cancel(id);
            running.Remove(id);
            if (slot.Request.HasFailed)
                slot.Request.CompleteIfOver();
            else
                slot.Request.CompleteCancelled();
        }
    }

    private bool TrySubmit(ServedDeployment deployment, Slot slot)
    {
        try
        {
            if (!deployment.Tasks.ContainsKey(slot.Request.Task))
            {
                // It waited while the deployment changed.
                slot.Request.Fail(ServingErrors.TaskNotServed(slot.Request.Task, deployment.ModelVersion));
                return false;
            }

            if (!deployment.Model.TrySubmit((slot.Request.Task, slot.Input.Text, slot.Input.Text2), out var id))
                throw new InvalidOperationException("The engine takes no more inputs although it has room for them.");
            running.Add(id, slot);
            return true;
        }
        catch (Exception exception)
        {
            Fail(deployment, slot, exception);
            return false;
        }
    }

    private bool TryStep(ServedDeployment deployment)
    {
        var started = clock.GetTimestamp();
        try
        {
            var steps = deployment.Model.Step();
            if (steps.Count == 0 || steps.Any(step => step.Answer is { } answer && !double.IsFinite(answer.Score)))
                throw new InvalidOperationException(steps.Count == 0 ? "The engine did nothing." : "The engine gave a score that is not a number.");
            // What came from the cache cost nothing.
            Share(deployment, started, [.. steps.Select(step => running[step.Id])], [.. steps.Select(step => (long)step.ComputedTokens)]);
            foreach (var step in steps.Where(step => step.Answer is not null))
            {
                running.Remove(step.Id, out var slot);
                slot.Request.Answer(slot.Index, step.Answer!);
                slot.Request.CompleteIfOver();
            }

            return true;
        }
        catch (Exception exception)
        {
            Share(deployment, started, [.. running.Values], [.. running.Values.Select(slot => (long)slot.Input.Tokens)]);
            if (running.Count > 1)
                LogStepFailed(exception, deployment.Number, running.Count);
            else
                Fail(deployment, running.Values.Single(), exception);
            return false;
        }
    }

    private void OneByOne(ServedDeployment deployment)
    {
        List<Slot> slots = [.. running.Values];
        foreach (var id in running.Keys)
            deployment.Model.Cancel(id);
        running.Clear();
        foreach (var slot in slots)
        {
            if (!slot.Request.HasFailed && TrySubmit(deployment, slot))
            {
                while (running.Count > 0 && TryStep(deployment))
                {
                }

                foreach (var id in running.Keys)
                    deployment.Model.Cancel(id);
                running.Clear();
            }

            slot.Request.CompleteIfOver();
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
}
