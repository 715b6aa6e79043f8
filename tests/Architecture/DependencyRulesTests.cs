using NetArchTest.Rules;
using Platform.Domain.Runs;
using Platform.Engine.Native;

namespace Platform.Architecture.Tests;

/// <summary>Rules inside the two libraries, judged by what their compiled types really use.</summary>
public sealed class DependencyRulesTests
{
    [Fact]
    public void Engine_Uses_NeitherWebNorDatabaseNorDomain() => AssertHolds(
        Types.InAssembly(typeof(TorchRuntime).Assembly).ShouldNot()
            .HaveDependencyOnAny("Platform.Domain", "Microsoft.EntityFrameworkCore", "Microsoft.AspNetCore", "Microsoft.Data.Sqlite", "Npgsql"));

    [Fact]
    public void Domain_Uses_NeitherEngineNorTensorsNorJobs() => AssertHolds(
        Types.InAssembly(typeof(FineTuningRun).Assembly).ShouldNot().HaveDependencyOnAny("Platform.Engine", "TorchSharp", "Hangfire", "MudBlazor"));

    /// <summary>PostgreSQL stays in reach: what only SQLite understands is kept in two folders, and where a full disk is recognised.</summary>
    [Fact]
    public void Domain_UsesOneProvider_OnlyInPersistenceAndSetup() => AssertHolds(
        Types.InAssembly(typeof(FineTuningRun).Assembly).That()
            .DoNotResideInNamespace("Platform.Domain.Persistence").And().DoNotResideInNamespace("Platform.Domain.Setup")
            .And().DoNotHaveName("StorageErrors").ShouldNot()
            .HaveDependencyOnAny("Microsoft.Data.Sqlite", "Microsoft.EntityFrameworkCore.Sqlite", "Npgsql"));

    private static void AssertHolds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.True(result.IsSuccessful, "Against the rule: " + string.Join(", ", (result.FailingTypes ?? []).Select(type => type.FullName)));
    }
}
