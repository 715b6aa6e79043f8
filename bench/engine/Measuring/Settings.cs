namespace Platform.EngineBench.Measuring;

/// <summary>How long to measure.</summary>
/// <param name="Quick">Fewer cases and rounds: the whole benchmark in a quarter of an hour.</param>
/// <param name="Threads">Numbers of threads to measure with.</param>
internal sealed record Settings(bool Quick, IReadOnlyList<int> Threads)
{
    /// <summary>A race ends after this many seconds, once it has its least rounds.</summary>
    public double RaceSeconds => Quick ? 2.5 : 12;

    public int LeastRounds => Quick ? 2 : 5;

    public int MostRounds => Quick ? 9 : 31;

    /// <summary>Tokens that each sequence decodes in one turn.</summary>
    /// <param name="size">Size of the model.</param>
    public int DecodeSteps(string size) => !Quick ? 16 : IsShort(size) ? 4 : 8;

    /// <summary>Whether turns are so long that the first one counts and the slow references are left out.</summary>
    /// <param name="size">Size of the model.</param>
    public bool IsShort(string size) => Quick && size == "L";

    /// <summary>Cases that take minutes are left to the full run.</summary>
    /// <param name="size">Size of the model.</param>
    /// <param name="threads">Threads.</param>
    public bool Skips(string size, int threads) => Quick && threads == 1 && size != "S" && Threads.Count > 1;
}
