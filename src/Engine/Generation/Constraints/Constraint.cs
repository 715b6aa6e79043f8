using System.Text;
using System.Text.Json;

namespace Platform.Engine.Generation.Constraints;

/// <summary>JSON that a <see cref="Constraint"/> asks for.</summary>
/// <param name="Schema">The schema as JSON; null for any object.</param>
public sealed record JsonSource(string? Schema);

/// <summary>
/// What an answer may be, made ready for one tokenizer: at each step it says which tokens may follow, so that only valid answers can be
/// generated, and every one of them can. Answers may still be cut by a limit of tokens, see <see cref="ConstraintState.LeastBytes"/>.
/// Safe for use by many threads; make it once and share it.
/// </summary>
/// <remarks>
/// An automaton over UTF-8 bytes is walked together with the tree of all tokens' bytes. From every state there is a way to the end: bytes
/// that have no token of their own (none are missing in published tokenizers) cannot be part of an answer, and a constraint without any
/// answer is refused here. Memory grows with use up to about 60 MB for a vocabulary of 152,000 tokens, then starts anew.
/// Sources: B. Willard and R. Louf, Efficient Guided Generation for Large Language Models, 2023 (automaton against vocabulary); V. Antimirov,
/// Partial derivatives of regular expressions and finite automaton constructions, 1996.
/// </remarks>
public sealed class Constraint
{
    private const int MaximumLabels = 10_000;

    private readonly Automaton _automaton;
    private readonly AllowedTokens _allowed;
    private readonly ConstraintOptions? _options;
    private readonly Func<ExpressionPool, Expression?> _read;

    private Constraint(TokenVocabulary vocabulary, ConstraintOptions? options, Func<ExpressionPool, Expression?> read, JsonSource? source = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        (Vocabulary, _options, _read, Source) = (vocabulary, options, read, source);
        var pool = new ExpressionPool(vocabulary.Writable);
        var prefix = pool.Literal(Encoding.UTF8.GetBytes(options?.Prefix ?? ""));
        var root = pool.Sequence(prefix, read(pool)) ?? throw new InvalidConstraintException("", NoText(vocabulary));
        pool.Accept();
        _automaton = new Automaton(pool, root);
        _allowed = new AllowedTokens(_automaton, vocabulary);
    }

    /// <summary>The tokens that it was made for.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>What JSON it asks for, to hand it on; null for labels and regular expressions.</summary>
    public JsonSource? Source { get; }

    /// <summary>One of some texts.</summary>
    /// <param name="labels">1 to 10,000 texts, which may be prefixes of one another; none empty.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidConstraintException">There are no labels or too many, or one is empty or not valid Unicode.</exception>
    public static Constraint FromLabels(IReadOnlyList<string> labels, TokenVocabulary vocabulary, ConstraintOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count is 0 or > MaximumLabels)
            throw new InvalidConstraintException("labels", $"there are {labels.Count}; give 1 to {MaximumLabels}.");
        return new Constraint(vocabulary, options, pool => Literals.Read([.. labels.Select(Bytes)], pool));

        static byte[] Bytes(string label, int index) => label.Length == 0
            ? throw new InvalidConstraintException($"labels[{index}]", "it is empty.")
            : Literals.Utf8(label, $"labels[{index}]");
    }

    /// <summary>A text that a regular expression matches as a whole.</summary>
    /// <param name="pattern">
    /// Literals; <c>.</c> (anything but a line feed); classes such as <c>[a-z_]</c> and <c>[^"]</c>; <c>\d \w \s</c> (ASCII) and
    /// <c>\D \W \S</c>; <c>\p{L}</c> and <c>\P{L}</c> for Unicode's general categories; <c>\t \n \r \f \v \xHH \uHHHH \u{H}</c> and escaped
    /// punctuation; groups <c>(...)</c>, <c>(?:...)</c>, <c>(?&lt;name&gt;...)</c>, which mean the same here; <c>|</c>; the quantifiers
    /// <c>? * + {n} {n,} {n,m}</c>, also lazy, which makes no difference to what matches. <c>^</c> at the start and <c>$</c> at the end of an
    /// alternative say what holds anyway. Nothing else.
    /// </param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidConstraintException">It is not supported or not well formed (the message says what and where), or too complex.</exception>
    public static Constraint FromRegex(string pattern, TokenVocabulary vocabulary, ConstraintOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new Constraint(vocabulary, options, pool => new RegexReader(pattern, pool, set => Utf8Characters.Of(set, pool), "regex").Read(anchored: true));
    }

    /// <summary>A JSON text that is valid against a JSON Schema (draft 2020-12, of which a subset is read).</summary>
    /// <param name="schema">The schema as JSON.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidConstraintException">It is not JSON, not well formed, has a keyword that is not supported, or is too large. The message says where.</exception>
    /// <remarks>
    /// Read: <c>type</c> (also a list), <c>enum</c>, <c>const</c>; <c>properties</c>, <c>required</c>, <c>additionalProperties</c>; <c>items</c>,
    /// <c>prefixItems</c>, <c>minItems</c>, <c>maxItems</c>; <c>minLength</c>, <c>maxLength</c>, <c>pattern</c> (as <see cref="FromRegex"/>, but found
    /// anywhere unless <c>^</c> and <c>$</c> say otherwise, and not together with lengths); <c>minimum</c>, <c>maximum</c>,
    /// <c>exclusiveMinimum</c>, <c>exclusiveMaximum</c>; <c>anyOf</c>; <c>oneOf</c> where no value can be valid against two of its schemas (their types,
    /// constants or a required property tell them apart); <c>$ref</c> into <c>$defs</c> or <c>definitions</c>, not recursive; <c>true</c>.
    /// Annotations (<c>title</c>, <c>description</c>, <c>default</c>, <c>examples</c>, <c>deprecated</c>, <c>readOnly</c>, <c>writeOnly</c>,
    /// <c>$schema</c>, <c>$id</c>, <c>$comment</c>) change nothing. Every other keyword is refused.
    /// <para>
    /// What is generated is always valid, and some of what is valid is left out: properties come in the order in which they are declared; with
    /// <c>properties</c>, no others are added, and without, names may be any; a schema that names no type takes that of its keywords; integers have no
    /// point and no exponent; numbers without limits at most 15 digits before the point and 9 behind it; where the schema leaves a value open,
    /// objects and lists nest up to 16 deep.
    /// </para>
    /// </remarks>
    public static Constraint FromJsonSchema(string schema, TokenVocabulary vocabulary, ConstraintOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 128, AllowDuplicateProperties = false });
            return FromJsonSchema(document.RootElement.Clone(), vocabulary, options);
        }
        catch (JsonException e)
        {
            throw new InvalidConstraintException("#", $"it is not valid JSON: {e.Message}");
        }
    }

    /// <inheritdoc cref="FromJsonSchema(string, TokenVocabulary, ConstraintOptions?)"/>
    public static Constraint FromJsonSchema(JsonElement schema, TokenVocabulary vocabulary, ConstraintOptions? options = null) =>
        new(vocabulary, options, pool => new JsonSchemaReader(schema, pool, options?.Layout ?? JsonLayout.Compact).Read(), new JsonSource(schema.GetRawText()));

    /// <summary>Any JSON object; objects and lists up to 32 within one another.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="options">Null for the defaults.</param>
    public static Constraint JsonObject(TokenVocabulary vocabulary, ConstraintOptions? options = null) =>
        new(vocabulary, options, pool => new JsonGrammar(pool, options?.Layout ?? JsonLayout.Compact).AnyObject(JsonGrammar.MaximumFreeDepth), new JsonSource(null));

    /// <summary>The same constraint for other tokens; itself when they are its own.</summary>
    /// <param name="vocabulary">The tokens.</param>
    public Constraint For(TokenVocabulary vocabulary) => ReferenceEquals(vocabulary, Vocabulary) ? this : new(vocabulary, _options, _read, Source);

    /// <summary>The state before the first token of an answer.</summary>
    public ConstraintState Start() => new(this, _automaton.Start);

    /// <summary>Whether a text is a whole valid answer, its prefix included.</summary>
    /// <param name="text">The text.</param>
    public bool Accepts(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _automaton.Next(_automaton.Start, Encoding.UTF8.GetBytes(text)).Accepts;
    }

    internal TokenSet Allowed(AutomatonState state) => _allowed.Of(state);

    /// <summary>The state behind a token; null when it is not allowed.</summary>
    internal AutomatonState? After(AutomatonState state, int token)
    {
        var bytes = Vocabulary.Bytes(token);
        if (bytes.Length == 0)
            return null;
        var next = _automaton.Next(state, bytes);
        return _automaton.IsDead(next) ? null : next;
    }

    private static string NoText(TokenVocabulary vocabulary)
    {
        var missing = vocabulary.Writable.Count(writable => !writable);
        return missing == 0
            ? "no text can be valid. Loosen the constraint."
            : $"no text can be valid that this vocabulary can write: {missing} of 256 bytes have no token of their own.";
    }
}
