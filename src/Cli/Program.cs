using Platform.Cli;
using Platform.Cli.Terminal;

return await CommandRunner.RunAsync(PlatformCommand.Create(), args, Console.Out, Console.Error, CancellationToken.None);
