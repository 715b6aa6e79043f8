using System.CommandLine;
using System.Text;
using Platform.Cli.Terminal;
using Platform.Engine.Tokenization;

namespace Platform.Cli.ModelTools;

internal static class TokenizeCommand
{
    public static Command Create()
    {
        var model = ModelOption.Create();
        var text = new Option<string?>("--text") { Description = "The text", HelpName = "T" };
        var file = new Option<string?>("--file") { Description = "A UTF-8 file with the text, taken as it is", HelpName = "F" };
        var special = new Option<bool>("--special") { Description = "Put the tokens around it that the model's tokenizer.json asks for" };
        var command = new Command("tokenize", "Token ids of a text, and the text that they decode to") { model, text, file, special };
        command.Validators.Add(result =>
        {
            if (result.GetResult(text) is null == result.GetResult(file) is null)
                result.AddError("Give the text by exactly one of --text and --file.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = parsed.GetValue(text) ?? await ReadAsync(parsed.GetValue(file)!, cancellationToken);
            var tokenizer = Tokenizer.Load(parsed.GetRequiredValue(model));
            var ids = tokenizer.Encode(input, parsed.GetValue(special));
            var output = new Output(parsed);
            var decoded = tokenizer.Decode(ids);
            output.Result(new { ids, decoded }, () =>
            {
                output.Line(string.Join(' ', ids));
                output.Line(decoded);
            });
        });
        return command;
    }

    /// <summary>Without the byte order mark and without guessing: what is not UTF-8 is refused.</summary>
    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, new UTF8Encoding(false, throwOnInvalidBytes: true), cancellationToken);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CommandFailure($"{file}: byte {exception.Index} is not UTF-8. Save the file as UTF-8.");
        }
    }
}
