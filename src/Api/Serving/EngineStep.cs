using Platform.Api.Health;
using Platform.Api.Telemetry;
using Platform.Api.Upstreams;
using Platform.Engine.Generation;
using Platform.Engine.Serving;

namespace Platform.Api.Serving;

/// <summary>
/// The inputs of one deployment that are in the engine: takes new ones in between two steps, shares each step's device time out to the requests in it, and
/// hands answers over as they come.
/// </summary>
internal sealed partial class EngineStep(ServedDeployment deployment, TimeProvider clock, ILogger<EngineStep> logger, ApiMetrics? metrics = null, ServiceProblems? problems = null)
{
    private readonly Dictionary<long, Slot> running = [];
    private long computed;

    /// <summary>Inputs in the engine.</summary>
    public int Running => running.Count;

    /// <summary>Tokens that the next step is likely to compute for what is in.</summary>
    public int NextTokens(int maxChunk) => running.Values.Sum(slot => slot.NextTokens(maxChunk));

    public bool IsRunning(Slot slot) => running.TryGetValue(slot.EngineId, out var found) && found == slot;

    /// <summary>Takes inputs in; one that cannot be answered fails its own request only.</summary>
    public void Admit(IReadOnlyList<Slot> slots)
    {
        foreach (var slot in slots)
        {
            if (!slot.Request.HasFailed)
                TrySubmit(slot);
            slot.Request.CompleteIfOver();
        }
    }

    /// <summary>
    /// One step over all inputs that are in. Afterwards the requests' shares have grown by exactly as much as the deployment's busy time.
    /// When the step fails, its inputs are tried one by one: a bad input fails its own request only.
    /// </summary>
    /// <returns>Tokens that were computed; 0 also when the step failed.</returns>
    public long Run()
    {
        computed = 0;
        DropUnwanted();
        if (running.Count > 0 && deployment.Model is IRemoteModel remote)
            Follow(remote);
        else if (running.Count > 0 && !TryStep())
            return OneByOne();
        return computed;
    }

    /// <summary>What came back from an engine outside. An input that fails there fails its own request only, and costs nothing.</summary>
    private void Follow(IRemoteModel remote)
    {
        foreach (var step in remote.Advance())
        {
            var slot = running[step.Id];
            if (step.HasRestarted)
                slot.Request.StartAgain(slot.Index);
            if (step.Delta is not null || step.Answer is not null)
                Time(slot);
            if (step.Delta is not null)
                slot.Request.Deliver(slot.Index, step.Delta);
            if (step.Answer is null && step.Failure is null)
                continue;
            running.Remove(step.Id);
            if (slot.Request.HasFailed)
                continue; // by another of its inputs: it is on record already
            if (step.Failure is not null)
            {
                Fail(slot, step.Failure);
            }
            else
            {
                Bill(slot, step.DeviceMicroseconds, step.ComputedTokens);
                Count(slot, new PredictionStep(step.Id, step.ComputedTokens, step.Answer));
                slot.Request.Answer(slot.Index, step.Answer!);
            }

            slot.Request.CompleteIfOver();
        }
    }

    private void Bill(Slot slot, long microseconds, int tokens)
    {
        deployment.AddBusy(microseconds);
        slot.Request.AddTime(deployment, microseconds);
        metrics?.Stepped(deployment, 1, tokens, TimeSpan.FromMicroseconds(microseconds));
    }

    /// <summary>Inputs are not computed any further; what an engine outside did for them until now is on record before their requests end.</summary>
    private void GiveUp(IEnumerable<KeyValuePair<long, Slot>> inputs)
    {
        foreach (var (id, slot) in inputs)
        {
            running.Remove(id);
            if (deployment.Model is not IRemoteModel remote)
                deployment.Model.Cancel(id);
            else if (remote.Abandon(id) is var microseconds && !slot.Request.HasFailed)
                Bill(slot, microseconds, 0);
        }
    }

    /// <returns>0: what was computed is not told from what failed.</returns>
    private long OneByOne()
    {
        List<Slot> slots = [.. running.Values];
        foreach (var id in running.Keys)
            deployment.Model.Cancel(id);
        running.Clear();
        foreach (var slot in slots)
        {
            slot.Request.StartAgain(slot.Index);
            if (!slot.Request.HasFailed && TrySubmit(slot))
            {
                while (running.Count > 0 && TryStep())
                {
                }

                foreach (var id in running.Keys)
                    deployment.Model.Cancel(id);
                running.Clear();
            }

            slot.Request.CompleteIfOver();
        }

        return 0;
    }

    /// <summary>Fails everything that is in; a bug of ours must not leave callers waiting.</summary>
    /// <returns>How many inputs that were.</returns>
    public int FailAll()
    {
        var inputs = running.ToList();
        GiveUp(inputs);
        foreach (var (_, slot) in inputs)
        {
            slot.Request.Fail(ServingErrors.EngineFailed(slot.Index));
            slot.Request.CompleteIfOver();
        }

        return inputs.Count;
    }

    /// <summary>A caller that gave up, or a request that failed by another of its inputs, is not computed any further.</summary>
    private void DropUnwanted()
    {
        var unwanted = running.Where(entry => entry.Value.Request.GivenUp || entry.Value.Request.HasFailed).ToList();
        GiveUp(unwanted);
        foreach (var (_, slot) in unwanted)
        {
            if (slot.Request.HasFailed)
                slot.Request.CompleteIfOver();
            else
                slot.Request.CompleteCancelled();
        }
    }

    private bool TrySubmit(Slot slot)
    {
        try
        {
            if (!deployment.Model.TrySubmit(new ServedInput(slot.Request.Task, slot.Input.Text, slot.Input.Text2, slot.Input.Options), out var id))
                throw new InvalidOperationException("The engine takes no more inputs although it has room for them.");
            running.Add(id, slot);
            slot.EngineId = id;
            if (slot.Request.Times.Taken == 0)
                slot.Request.Times.Taken = clock.GetTimestamp();
            return true;
        }
        catch (Exception exception)
        {
            Fail(slot, exception);
            return false;
        }
    }

    private bool TryStep()
    {
        var started = clock.GetTimestamp();
        try
        {
            var steps = deployment.Model.Step();
            if (steps.Count == 0 || steps.Any(step => step.Answer is { } answer && !double.IsFinite(answer.Score)))
                throw new InvalidOperationException(steps.Count == 0 ? "The engine did nothing." : "The engine gave a score that is not a number.");
            // What came from the cache cost nothing.
            Share(started, [.. steps.Select(step => running[step.Id])], [.. steps.Select(step => (long)step.ComputedTokens)]);
            foreach (var step in steps.Where(step => step.Delta is not null || step.Answer is not null))
                Time(running[step.Id]);
            foreach (var step in steps.Where(step => step.Delta is not null))
                running[step.Id].Request.Deliver(running[step.Id].Index, step.Delta!);
            foreach (var step in steps)
                Count(running[step.Id], step);
            foreach (var step in steps.Where(step => step.Answer is not null))
            {
                var slot = running[step.Id];
                running.Remove(step.Id);
                slot.Request.Answer(slot.Index, step.Answer!);
                slot.Request.CompleteIfOver();
            }

            return true;
        }
        catch (Exception exception)
        {
            Share(started, [.. running.Values], [.. running.Values.Select(slot => (long)slot.Input.Tokens)]);
            foreach (var slot in running.Values)
                slot.ComputedTokens += slot.Input.Tokens;
            if (running.Count > 1)
                LogStepFailed(exception, deployment.Number, running.Count);
            else
                Fail(running.Values.Single(), exception);
            return false;
        }
    }

    private void Time(Slot slot)
    {
        var times = slot.Request.Times;
        times.Done = clock.GetTimestamp();
        if (times.FirstAnswer == 0)
            times.FirstAnswer = times.Done;
    }

    private void Count(Slot slot, PredictionStep step)
    {
        computed += step.ComputedTokens;
        slot.ComputedTokens += step.ComputedTokens;
        if (step.Answer is { } answer)
            slot.NeededTokens = answer.FinishReason == FinishReason.Label ? slot.ComputedTokens : answer.PromptTokens - answer.CachedTokens;
    }

    private void Fail(Slot slot, Exception exception)
    {
        if (exception is InputTooLongException tooLong)
        {
            slot.Request.Fail(ServingErrors.InputTooLong(slot.Index, tooLong.Tokens, tooLong.Limit));
            return;
        }

        if (exception is UpstreamException failed)
        {
            LogUpstreamFailed(deployment.Number, slot.Request.Task, slot.Index, failed.Message);
            slot.Request.Fail(failed.IsPassing ? ServingErrors.UpstreamAway() : ServingErrors.UpstreamRefused(slot.Index));
            return;
        }

        LogInputFailed(exception, deployment.Number, slot.Request.Task, slot.Index);
        problems?.Note("engine", $"The engine failed on an input of the task '{slot.Request.Task}' in the last five minutes; other requests were answered. The log has the reason.");
        slot.Request.Fail(ServingErrors.EngineFailed(slot.Index));
    }

    private void Share(long started, IReadOnlyList<Slot> slots, IReadOnlyList<long> weights)
    {
        var microseconds = clock.GetElapsedTime(started).Ticks / TimeSpan.TicksPerMicrosecond;
        deployment.AddBusy(microseconds);
        metrics?.Stepped(deployment, slots.Count, weights.Sum(), TimeSpan.FromMicroseconds(microseconds));
        foreach (var (slot, share) in slots.Zip(DeviceTime.Share(microseconds, weights)))
            slot.Request.AddTime(deployment, share);
    }
}
