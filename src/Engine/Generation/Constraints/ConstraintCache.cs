using System.Text.Json;

namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// Keeps the constraints of recent requests, so that what was found out about one answer serves the next: the first answers of a constraint pay for its masks, later
/// ones hardly. Safe for use by many threads.
/// </summary>
/// <param name="vocabulary">The tokens of all its constraints.</param>
/// <param name="capacity">Constraints that are kept; those used longest ago go first. At least 1.</param>
public sealed class ConstraintCache(TokenVocabulary vocabulary, int capacity = 32)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, Constraint Constraint)>> _entries = [];
    private readonly LinkedList<(Key Key, Constraint Constraint)> _byUse = [];

    /// <summary>The tokens of all its constraints.</summary>
    public TokenVocabulary Vocabulary => vocabulary;

    /// <inheritdoc cref="Constraint.FromLabels"/>
    public Constraint Labels(IReadOnlyList<string> labels, ConstraintOptions? options = null) =>
        Find("labels", JsonSerializer.Serialize(labels), options, () => Constraint.FromLabels(labels, vocabulary, options));

    /// <inheritdoc cref="Constraint.FromRegex"/>
    public Constraint Regex(string pattern, ConstraintOptions? options = null) =>
        Find("regex", pattern, options, () => Constraint.FromRegex(pattern, vocabulary, options));

    /// <inheritdoc cref="Constraint.FromJsonSchema(string, TokenVocabulary, ConstraintOptions?)"/>
    public Constraint JsonSchema(string schema, ConstraintOptions? options = null) =>
        Find("schema", schema, options, () => Constraint.FromJsonSchema(schema, vocabulary, options));

    /// <inheritdoc cref="Constraint.JsonObject"/>
    public Constraint JsonObject(ConstraintOptions? options = null) => Find("object", "", options, () => Constraint.JsonObject(vocabulary, options));

    private Constraint Find(string kind, string text, ConstraintOptions? options, Func<Constraint> make)
    {
        ArgumentNullException.ThrowIfNull(text);
        var key = new Key(kind, text, options ?? new ConstraintOptions());
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                return known.Value.Constraint;
            }
        }

        // Not under the lock: one request's large schema must not hold up the others. Two at once make it twice, and the second is dropped.
        var made = make();
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var other))
                return other.Value.Constraint;
            _entries[key] = _byUse.AddFirst((key, made));
            while (_entries.Count > Math.Max(1, capacity) && _byUse.Last is { } oldest)
            {
                _byUse.RemoveLast();
                _entries.Remove(oldest.Value.Key);
            }

            return made;
        }
    }

    private readonly record struct Key(string Kind, string Text, ConstraintOptions Options);
}
