namespace Platform.Domain.Datasets.Checks;

/// <summary>Sees what the data check sees, row by row, so that the data is read once for all that is made of it.</summary>
public interface IRowObserver
{
    /// <summary>Rows come split by split, in the order of their lines.</summary>
    /// <param name="tokens">Of the whole training sequence; null where they were not counted.</param>
    /// <param name="inputKey">Equal for inputs that differ in case or white space only.</param>
    void See(DatasetRow row, Split split, int? tokens, UInt128 inputKey);

    /// <summary>A row with a problem; may come before the row is seen or long after it, and more than once.</summary>
    /// <param name="code">The finding's.</param>
    /// <param name="related">The other place, for problems that lie between two rows.</param>
    void Mark(string code, FindingSeverity severity, Split split, long line, string? related);
}

/// <summary>For checks that leave nothing but their findings.</summary>
internal sealed class NoObserver : IRowObserver
{
    public static NoObserver Instance { get; } = new();

    public void See(DatasetRow row, Split split, int? tokens, UInt128 inputKey)
    {
    }

    public void Mark(string code, FindingSeverity severity, Split split, long line, string? related)
    {
    }
}
