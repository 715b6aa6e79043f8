namespace Platform.Engine.Generation.Constraints;

/// <summary>Where constrained JSON has blanks.</summary>
public enum JsonLayout
{
    /// <summary>Nowhere: <c>{"a":1,"b":[2,3]}</c>.</summary>
    Compact,

    /// <summary>Exactly one behind each comma and colon: <c>{"a": 1, "b": [2, 3]}</c>.</summary>
    Spaced,

    /// <summary>At most one behind each comma and colon: the model decides.</summary>
    Either,
}
