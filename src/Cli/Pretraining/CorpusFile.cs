using System.Text;
using Platform.Cli.Terminal;

namespace Platform.Cli.Pretraining;

/// <summary>The corpus as text, opened as often as the training asks: a plain file, an .xz file, or standard input.</summary>
internal sealed class CorpusFile
{
    private const string StandardInput = "-";
    private readonly string path;

    private CorpusFile(string path) => this.path = path;

    /// <summary>Standard input can be read once only, so it is kept in the work folder; a training that goes on finds it there.</summary>
    public static CorpusFile Prepare(string corpus, string workFolder, Action<string> report)
    {
        if (corpus != StandardInput)
            return File.Exists(corpus) ? new CorpusFile(corpus) : throw new CommandFailure($"--corpus: there is no file '{corpus}'. Name a text file, an .xz file, or - for standard input.");
        var kept = Path.Combine(workFolder, "corpus.txt");
        if (File.Exists(kept))
        {
            report($"going on with the corpus in {kept}");
            return new CorpusFile(kept);
        }

        report($"storing standard input in {kept}");
        var partial = kept + ".partial";
        using (var input = Console.OpenStandardInput())
        using (var output = File.Create(partial))
            input.CopyTo(output);
        File.Move(partial, kept);
        return new CorpusFile(kept);
    }

    public TextReader Open() => path.EndsWith(".xz", StringComparison.OrdinalIgnoreCase) ? new XzReader(path) : new StreamReader(path, Encoding.UTF8);
}
