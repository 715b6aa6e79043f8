using System.CommandLine;
using Platform.Cli.Bundles;
using Platform.Cli.Costs;
using Platform.Cli.Deployments;
using Platform.Cli.Keys;
using Platform.Cli.Models;
using Platform.Cli.ModelTools;
using Platform.Cli.Pretraining;
using Platform.Cli.Runs;
using Platform.Cli.Samples;
using Platform.Cli.Saving;
using Platform.Cli.Serving;
using Platform.Cli.Start;
using Platform.Cli.Storage;
using Platform.Cli.Terminal;
using Platform.Cli.Users;
using Platform.Cli.WhatIf;

namespace Platform.Cli;

/// <summary>The contents page: every command of the terminal program.</summary>
internal static class PlatformCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("One shared language model for many tasks: the platform's operations from a terminal.\nExit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.")
        {
            StartCommand.Create(),
            ImportCommand.Create(),
            ExportCommand.Create(),
            TrainCommand.Create(),
            RecipeCommand.Create(),
            RunsCommand.Create(),
            RetryCommand.Create(),
            ExportRunCommand.Create(),
            ImportRunCommand.Create(),
            StatusCommand.Create(),
            WhatIfCommand.Create(),
            ModelsCommand.Create(),
            DeployCommand.Create(),
            DeploymentsCommand.Create(),
            PredictCommand.Create(),
            UsageCommand.Create(),
            CostCommand.Create(),
            RatesCommand.Create(),
            BudgetsCommand.Create(),
            new Command("bench", "Measurements of what is served here") { SavingCommand.Create(), SavingServer.Create() },
            KeysCommand.Create(),
            SamplesCommand.Create(),
            UsersCommand.Create(),
            MigrateCommand.Create(),
            MoveCommand.Create(),
            ArtifactsCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            PretrainCommand.Create(),
            TokenizeCommand.Create(),
            LogitsCommand.Create(),
            GenerateCommand.Create(),
            ExportModelCommand.Create(),
        };
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Data);
        return root;
    }
}
