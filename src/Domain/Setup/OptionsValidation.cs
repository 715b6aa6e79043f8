using Microsoft.Extensions.Options;

namespace Platform.Domain.Setup;

internal sealed class ValidateDatabaseOptions : IValidateOptions<DatabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, DatabaseOptions options) => options.Provider switch
    {
        DatabaseOptions.Sqlite => ValidateOptionsResult.Success,
        DatabaseOptions.Postgres => PostgresConnection.ProblemOf(options.ConnectionString) is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success,
        _ => ValidateOptionsResult.Fail(
            $"Database:Provider is '{options.Provider}'; it must be 'Sqlite' or 'Postgres'. Mend the setting Database__Provider."),
    };
}

internal sealed class ValidatePlatformOptions : IValidateOptions<PlatformOptions>
{
    public ValidateOptionsResult Validate(string? name, PlatformOptions options)
    {
        // No short-circuit: whoever mends the settings wants to see all that is wrong with them.
        List<string> problems = [];
        if (options.MaxLineBytes is < 1024 or > 64 * 1024 * 1024)
            problems.Add($"Platform:MaxLineBytes is {options.MaxLineBytes}; it must lie between 1024 and 67108864. Mend the setting Platform__MaxLineBytes.");
        if (options.MaxRows is < 1 or > 100_000_000)
            problems.Add($"Platform:MaxRows is {options.MaxRows}; it must lie between 1 and 100000000. Mend the setting Platform__MaxRows.");
        if (options.MaxFileBytes < options.MaxLineBytes)
            problems.Add($"Platform:MaxFileBytes is {options.MaxFileBytes}; it must be at least Platform:MaxLineBytes ({options.MaxLineBytes}). Mend the setting Platform__MaxFileBytes.");
        if (File.Exists(options.DataFolder))
            problems.Add($"Platform:DataPath is '{options.DataFolder}', which is a file; it must be a folder. Mend the setting Platform__DataPath.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
