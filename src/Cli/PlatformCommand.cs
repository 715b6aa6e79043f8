using System.CommandLine;
using Platform.Cli.Bundles;
using Platform.Cli.Keys;
using Platform.Cli.ModelTools;
using Platform.Cli.Pretraining;
using Platform.Cli.Terminal;
using Platform.Cli.Users;

namespace Platform.Cli;

/// <summary>The contents page: every command of the terminal program.</summary>
internal static class PlatformCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("One shared language model for many tasks: the platform's operations from a terminal.\nExit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.")
        {
            ImportCommand.Create(),
            ExportCommand.Create(),
            KeysCommand.Create(),
            UsersCommand.Create(),
            PretrainCommand.Create(),
            TokenizeCommand.Create(),
            LogitsCommand.Create(),
        };
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Data);
        return root;
    }
}
