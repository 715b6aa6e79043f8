namespace Platform.UpgradeTraffic;

/// <summary>What came back of the requests of one kind, from any number of callers.</summary>
internal sealed class Answers
{
    private readonly Lock gate = new();
    private readonly List<TimeSpan> times = [];

    public int Lost { get; private set; }

    /// <param name="problem">Null when it was answered as it should.</param>
    /// <param name="time">From the call to the last byte.</param>
    public void Add(string? problem, TimeSpan time)
    {
        lock (gate)
        {
            times.Add(time);
            if (problem is null)
                return;
            Lost++;
            Console.Error.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {problem[..Math.Min(problem.Length, 300)]}");
        }
    }

    public override string ToString()
    {
        lock (gate)
        {
            times.Sort();
            return times.Count == 0 ? "sent 0" : $"sent {times.Count} lost {Lost} p50 {At(0.5):0} ms p99 {At(0.99):0} ms longest {times[^1].TotalMilliseconds:0} ms";
        }

        double At(double share) => times[(int)(share * (times.Count - 1))].TotalMilliseconds;
    }
}
