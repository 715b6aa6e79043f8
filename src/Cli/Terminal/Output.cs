using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Platform.Cli.Terminal;

/// <summary>Where a command writes its result: text and tables for people, or one JSON value for scripts.</summary>
internal sealed class Output
{
    /// <summary>Tables in a log file are not cut at 80 columns.</summary>
    private const int FileWidth = 180;

    private static readonly JsonSerializerOptions Compact = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly TextWriter writer;

    public Output(ParseResult parsed)
    {
        writer = parsed.InvocationConfiguration.Output;
        Errors = parsed.InvocationConfiguration.Error;
        IsJson = parsed.GetValue(CommonOptions.Json);
        var isScreen = ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isScreen ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isScreen ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isScreen)
            Console.Profile.Width = FileWidth;
        IsLive = isScreen && Console.Profile.Capabilities.Interactive && Console.Profile.Capabilities.Ansi;
    }

    public bool IsJson { get; }

    /// <summary>A terminal that can redraw what it shows.</summary>
    public bool IsLive { get; }

    public IAnsiConsole Console { get; }

    /// <summary>For progress and remarks of commands whose standard output is the result.</summary>
    public TextWriter Errors { get; }

    /// <summary>The whole result of a command, as one line.</summary>
    public void Json(object value) => writer.WriteLine(ToJson(value));

    public static string ToJson(object value) => JsonSerializer.Serialize(value, Compact);

    public void Line(string text = "") => writer.WriteLine(text);

    /// <summary>JSON for scripts, else whatever <paramref name="write"/> shows to people.</summary>
    public void Result(object value, Action write)
    {
        if (IsJson)
            Json(value);
        else
            write();
    }
}
