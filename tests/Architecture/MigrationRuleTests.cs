using System.Text.RegularExpressions;

namespace Platform.Architecture.Tests;

/// <summary>Hosts of the version before go on working on migrated tables (docs/decisions/0030): a migration adds, and takes away only what nobody uses any more.</summary>
public sealed partial class MigrationRuleTests
{
    /// <summary>"Migration: operation on what", for what no released version used when it was taken away; each with its reason.</summary>
    private static readonly string[] Contractions = [];

    public static TheoryData<string> Migrations => new(Directory.EnumerateFiles(Path.Combine(Solution.Root, "migrations", "Postgres", "Migrations"), "*.cs")
        .Where(file => !file.EndsWith(".Designer.cs", StringComparison.Ordinal) && !file.EndsWith("Snapshot.cs", StringComparison.Ordinal))
        .Select(Solution.Relative).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Migrations))]
    public void Migration_LeavesTheVersionBefore_AbleToReadAndWrite(string migration)
    {
        var up = File.ReadAllText(Path.Combine(Solution.Root, migration)).Split("protected override void Down")[0];
        Assert.Contains("protected override void Up", up, StringComparison.Ordinal);

        var taken = Taking().Matches(up).Select(match => $"{Path.GetFileNameWithoutExtension(migration)[15..]}: {match.Groups["operation"].Value} {match.Groups["name"].Value}");
        Assert.Empty(taken.Except(Contractions));

        // What an older host inserts has no value for it.
        Assert.All(Adding().Matches(up), match => Assert.True(
            match.Value.Contains("nullable: true", StringComparison.Ordinal) || match.Value.Contains("defaultValue", StringComparison.Ordinal), $"{migration}: {match.Groups["name"].Value} has neither null nor a default."));
    }

    [GeneratedRegex(@"migrationBuilder\.(?<operation>DropColumn|DropTable|RenameColumn|RenameTable|AlterColumn|AddUniqueConstraint|AddCheckConstraint|DropPrimaryKey)(<[^>]+>)?\(\s*name: ""(?<name>\w+)""", RegexOptions.Singleline)]
    private static partial Regex Taking();

    [GeneratedRegex(@"migrationBuilder\.AddColumn<[^>]+>\(\s*name: ""(?<name>\w+)"".*?\);", RegexOptions.Singleline)]
    private static partial Regex Adding();
}
