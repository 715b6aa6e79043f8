using Platform.Cli.Terminal;

namespace Platform.Cli.Storage;

/// <summary>In order: reports are written where they are made, not later on another thread.</summary>
internal sealed class StorageProgress : IProgress<string>
{
    private readonly TextWriter writer;

    private StorageProgress(TextWriter writer) => this.writer = writer;

    /// <summary>Null when somebody reads the result as JSON.</summary>
    public static StorageProgress? To(Output output) => output.IsJson ? null : new StorageProgress(output.Errors);

    public void Report(string value) => writer.WriteLine(value);
}
