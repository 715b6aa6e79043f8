using System.Collections.Concurrent;
using Platform.Api.Serving;
using Platform.Domain.Upstreams;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Upstreams;

/// <summary>A model version that an engine outside serves. One thread owns it; what the engine says arrives on others and waits in line.</summary>
internal sealed class UpstreamModel(RemoteTasks tasks, IUpstreamEngine engine, UpstreamHealth health, UpstreamOptions options, TimeProvider clock, Action whenDone) : IRemoteModel
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly BlockingCollection<Arrival> arrivals = [];
    private readonly Dictionary<long, Flight> flights = [];
    private long lastId;
    private long accruedUntil;
    private int isInterrupted;

    private enum Event
    {
        Interrupted,
        Delta,
        Paused,
        Resumed,
        Answered,
        Failed,
    }

    public IReadOnlyDictionary<string, TaskSpec> Tasks { get; } = tasks.Tasks.ToDictionary(task => task.Key, task => task.Value.Spec, StringComparer.Ordinal);

    public int ContextTokens => tasks.ContextTokens;

    public int MaxRunning => options.MaxConcurrency;

    public ConstraintCache Constraints => tasks.Constraints;

    public int CountPromptTokens(string task, string text, string? text2) => tasks.CountPromptTokens(task, text, text2);

    public int MaxPromptTokens(string task) => tasks.MaxPromptTokens(task);

    public bool TrySubmit(ServedInput input, out long id)
    {
        Accrue();
        var flight = new Flight(id = ++lastId, input, tasks.CountPromptTokens(input.Task, input.Text, input.Text2));
        if (flight.Tokens > tasks.MaxPromptTokens(input.Task))
            throw new InputTooLongException(0, flight.Tokens, tasks.MaxPromptTokens(input.Task));
        flights.Add(id, flight);
        _ = Task.Run(() => FlyAsync(flight));
        return true;
    }

    public void Cancel(long id) => Abandon(id);

    public long Abandon(long id)
    {
        Accrue();
        if (!flights.Remove(id, out var flight))
            return 0;
        flight.End.Cancel();
        return (long)flight.Microseconds;
    }

    public void Interrupt()
    {
        if (Interlocked.Exchange(ref isInterrupted, 1) == 0)
            arrivals.Add(new Arrival(0, Event.Interrupted));
    }

    public IReadOnlyList<RemoteStep> Advance()
    {
        List<RemoteStep> steps = [];
        var arrival = arrivals.Take();
        do
        {
            Accrue();
            if (arrival.Event == Event.Interrupted)
                Volatile.Write(ref isInterrupted, 0);
            else if (flights.TryGetValue(arrival.Id, out var flight) && Step(flight, arrival) is { } step)
                steps.Add(step);
        }
        while (arrivals.TryTake(out arrival));

        return steps;
    }

    public IReadOnlyList<PredictionStep> Step() => [.. Advance().Select(step => step.Failure is { } failure
        ? throw failure
        : new PredictionStep(step.Id, step.ComputedTokens, step.Answer, step.Delta))];

    public IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs)
    {
        var answers = new Answer?[inputs.Count];
        Dictionary<long, int> places = [];
        try
        {
            for (var next = 0; next < inputs.Count || places.Count > 0;)
            {
                for (; next < inputs.Count && places.Count < MaxRunning; next++)
                {
                    TrySubmit(inputs[next], out var id);
                    places.Add(id, next);
                }

                foreach (var step in Step().Where(step => step.Answer is not null))
                    if (places.Remove(step.Id, out var place))
                        answers[place] = step.Answer;
            }
        }
        finally
        {
            foreach (var id in places.Keys)
                Abandon(id);
        }

        return answers!;
    }

    public void Dispose()
    {
        foreach (var id in flights.Keys.ToList())
            Abandon(id);
        health.Dispose();
        whenDone();
    }

    private RemoteStep? Step(Flight flight, Arrival arrival)
    {
        switch (arrival.Event)
        {
            case Event.Delta:
                return new RemoteStep(flight.Id) { Delta = arrival.Delta };
            case Event.Paused:
                // What the engine did for it came to nothing: it is not charged, and neither is the pause.
                (flight.IsPaused, flight.Microseconds) = (true, 0);
                return new RemoteStep(flight.Id) { HasRestarted = true };
            case Event.Resumed:
                flight.IsPaused = false;
                return null;
            case Event.Answered:
                flights.Remove(flight.Id);
                var answer = arrival.Answer!;
                return new RemoteStep(flight.Id)
                {
                    Answer = answer,
                    ComputedTokens = Math.Max(1, answer.PromptTokens - answer.CachedTokens + answer.CompletionTokens),
                    DeviceMicroseconds = (long)flight.Microseconds,
                };
            default:
                flights.Remove(flight.Id);
                return new RemoteStep(flight.Id) { Failure = arrival.Failure };
        }
    }

    /// <summary>The time since the last look belongs to the inputs that were in the engine, by their tokens.</summary>
    private void Accrue()
    {
        var now = clock.GetTimestamp();
        var microseconds = clock.GetElapsedTime(accruedUntil, now).TotalMicroseconds;
        accruedUntil = now;
        var total = flights.Values.Where(flight => !flight.IsPaused).Sum(flight => (double)flight.Tokens);
        foreach (var flight in flights.Values.Where(flight => !flight.IsPaused))
            flight.Microseconds += microseconds * flight.Tokens / total;
    }

    private async Task FlyAsync(Flight flight)
    {
        try
        {
            arrivals.Add(new Arrival(flight.Id, Event.Answered) { Answer = await AnswerAsync(flight) });
        }
        catch (OperationCanceledException) when (flight.End.IsCancellationRequested)
        {
            // Nobody waits for it any more.
        }
        catch (Exception exception)
        {
            if (exception is UpstreamException { IsPassing: true })
                health.Fails(exception.Message);
            arrivals.Add(new Arrival(flight.Id, Event.Failed) { Failure = exception });
        }
    }

    private async Task<Answer> AnswerAsync(Flight flight)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var answer = await engine.AnswerAsync(flight.Input, delta => arrivals.Add(new Arrival(flight.Id, Event.Delta) { Delta = delta }), flight.End.Token);
                if (!double.IsFinite(answer.Score))
                    throw new UpstreamException("The engine gave a score that is not a number.", isPassing: false);
                health.IsBack();
                return answer;
            }
            catch (UpstreamException exception) when (exception.IsPassing && attempt < options.Retries)
            {
                arrivals.Add(new Arrival(flight.Id, Event.Paused));
                var pause = exception.RetryAfter ?? FirstPause * (1 << attempt);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, clock, flight.End.Token);
                arrivals.Add(new Arrival(flight.Id, Event.Resumed));
            }
        }
    }

    private sealed class Flight(long id, ServedInput input, int tokens)
    {
        public long Id => id;

        public ServedInput Input => input;

        public int Tokens => Math.Max(1, tokens);

        public CancellationTokenSource End { get; } = new();

        public bool IsPaused { get; set; }

        public double Microseconds { get; set; }
    }

    private readonly record struct Arrival(long Id, Event Event)
    {
        public TextDelta? Delta { get; init; }

        public Answer? Answer { get; init; }

        public Exception? Failure { get; init; }
    }
}
