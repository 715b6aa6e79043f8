using System.CommandLine;
using Platform.Cli.Terminal;
using Platform.Domain.Runs.Recipes;
using Spectre.Console;

namespace Platform.Cli.Runs;

/// <summary>The document that decides how a run trains: its fields, a new one, and whether one can be run.</summary>
internal static class RecipeCommand
{
    public static Command Create() => new("recipe", "The document that decides how a run trains") { Fields(), New(), Check() };

    private static Command Fields()
    {
        var markdown = new Option<bool>("--markdown") { Description = "Write docs/recipe.md" };
        var command = new Command("fields", "Every field with its unit, default, range and source") { markdown };
        command.SetAction(parsed =>
        {
            var output = new Output(parsed);
            if (parsed.GetValue(markdown))
                output.Line(RecipeTable.Markdown().TrimEnd());
            else
                output.Result(
                    RecipeField.All.Select(field => new
                    {
                        field = field.Path, kind = field.Kind.ToString().ToLowerInvariant(), field.Setting.Description, field.Setting.Unit, Default = field.DefaultText, field.Range, field.Setting.Source,
                    }),
                    () => output.Console.Write(Table()));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command New()
    {
        var file = new Argument<string?>("FILE") { Description = "A recipe whose settings are taken over; default: none", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--as-json") { Description = "JSON instead of YAML" };
        var command = new Command("new", "Write a whole recipe, every default written out") { file, json };
        command.SetAction(parsed =>
        {
            var recipe = parsed.GetValue(file) is { } path ? RecipeFile.Read(path) : new Recipe();
            new Output(parsed).Line(parsed.GetValue(json) ? recipe.ToJson() : recipe.ToYaml().TrimEnd());
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Check()
    {
        var file = new Argument<string>("FILE") { Description = "A recipe as YAML or JSON" };
        var command = new Command("check", "Whether a recipe can be run; names every problem") { file };
        command.SetAction(parsed =>
        {
            var output = new Output(parsed);
            var recipe = RecipeFile.Read(parsed.GetValue(file)!);
            output.Result(new { recipe = recipe.Name, valid = true }, () => output.Line($"The recipe '{recipe.Name}' can be run."));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Table Table()
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Field", "Default", "Range", "What it does", "Source");
        foreach (var field in RecipeField.All)
            table.AddRow(Cells.Plain(field.Path, field.DefaultText, $"{field.Range} {field.Setting.Unit}".Trim(), field.Setting.Description, field.Setting.Source));
        return table;
    }
}
