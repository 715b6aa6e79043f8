using System.Collections.Concurrent;

namespace Platform.Api.Health;

/// <summary>
/// What is wrong although the process runs, for <c>/readyz</c>: reported by whoever meets it, and said until it is over.
/// </summary>
internal sealed class ServiceProblems(TimeProvider clock)
{
    /// <summary>How long something is remembered that happened once.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Trouble> troubles = new(StringComparer.Ordinal);

    private readonly ConcurrentBag<Func<string?>> watches = [];

    /// <summary>In words, oldest first.</summary>
    public IReadOnlyList<string> Sentences =>
        [.. Current().OrderBy(trouble => trouble.Since).Select(trouble => trouble.Sentence), .. watches.Select(watch => watch()).OfType<string>()];

    /// <summary>The first thing that keeps requests from being answered; null when there is none.</summary>
    public string? Stopping => Current().Where(trouble => trouble.Stops).OrderBy(trouble => trouble.Since).FirstOrDefault()?.Sentence;

    /// <summary>Holds until <see cref="Clear"/>.</summary>
    /// <param name="what">The same word for the same thing.</param>
    /// <param name="sentence">What is wrong, what it means, how to mend it.</param>
    /// <param name="stops">Nothing can be answered meanwhile.</param>
    public void Report(string what, string sentence, bool stops = false) =>
        troubles.AddOrUpdate(what, _ => new Trouble(sentence, stops, clock.GetTimestamp(), Passes: false), (_, known) => known with { Sentence = sentence, Stops = stops });

    /// <summary>Happened once, and is forgotten after five minutes without another.</summary>
    public void Note(string what, string sentence) => troubles[what] = new Trouble(sentence, Stops: false, clock.GetTimestamp(), Passes: true);

    /// <summary>Asked whenever somebody wants to know; null when nothing is wrong.</summary>
    public void Watch(Func<string?> sentence) => watches.Add(sentence);

    public void Clear(string what) => troubles.TryRemove(what, out _);

    private IEnumerable<Trouble> Current() => troubles.Values.Where(trouble => !trouble.Passes || clock.GetElapsedTime(trouble.Since) < Memory);

    private sealed record Trouble(string Sentence, bool Stops, long Since, bool Passes);
}
