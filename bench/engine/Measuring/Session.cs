using System.Diagnostics;
using System.Globalization;

namespace Platform.EngineBench.Measuring;

/// <summary>Runs races, writes what they gave, and knows the ones of an interrupted run.</summary>
internal sealed class Session
{
    private readonly ResultFile _file;
    private readonly TextWriter _output;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public Session(Settings settings, ResultFile file, TextWriter output) => (Settings, _file, _output) = (settings, file, output);

    public Settings Settings { get; }

    public IReadOnlyList<RaceResult> Results => _file.Results;

    /// <summary>Whether a race is to be run; models are loaded only for those.</summary>
    public bool Needs(string part, string size, string @case, int threads) => _file.Find($"{part} | {size} | {@case} | {threads}") is null;

    /// <summary>Lets the contenders take turns until their medians can be trusted or the time is up.</summary>
    /// <param name="part">The part of the benchmark.</param>
    /// <param name="size">Size of the model.</param>
    /// <param name="case">The case.</param>
    /// <param name="threads">Threads of each.</param>
    /// <param name="unit">What a rate counts per second.</param>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="comparisons">Ratios that are of interest beside best against best.</param>
    public void Race(string part, string size, string @case, int threads, string unit, IReadOnlyList<Contender> contenders, IReadOnlyList<Comparison>? comparisons = null)
    {
        if (!Needs(part, size, @case, threads))
            return;
        var turns = contenders.Select(_ => new List<Turn>()).ToList();
        if (!Settings.IsShort(size))
            contenders.ToList().ForEach(c => Turn(c));
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < Settings.MostRounds && (round < Settings.LeastRounds || clock.Elapsed.TotalSeconds < Settings.RaceSeconds); round++)
        {
            // Whoever begins has the other's caches against it: they take turns in that too.
            for (var i = 0; i < contenders.Count; i++)
            {
                var at = (i + round) % contenders.Count;
                turns[at].Add(Turn(contenders[at]));
            }
        }

        var result = new RaceResult
        {
            Part = part,
            Size = size,
            Case = @case,
            Threads = threads,
            Unit = unit,
            Contenders = [.. contenders.Select((c, i) => new ContenderResult(
                c.Name, c.Role, [.. turns[i].Select(t => t.Units / t.Seconds)], [.. turns[i].Select(t => t.Units / Math.Max(t.CpuSeconds, 1e-9))]))],
            Comparisons = comparisons ?? [],
            Load = Machine.Load(),
            At = TimeProvider.System.GetUtcNow(),
        };
        _file.Add(result);
        Tell(Table.Sentence(result));
    }

    /// <summary>Writes a line with the time since the start.</summary>
    public void Tell(string line) => _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{_clock.Elapsed:mm\\:ss}] {line}"));

    private static Turn Turn(Contender contender)
    {
        contender.Prepare();
        return contender.Run();
    }
}
