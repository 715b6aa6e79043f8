using Platform.Jobs.Hosting;

return await JobsHost.RunAsync(args);
