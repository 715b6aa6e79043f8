namespace Platform.Architecture.Tests;

/// <summary>Who may know whom. Hosts never refer to each other; the domain and the engine know neither each other nor a host.</summary>
public sealed class ReferenceRulesTests
{
    private const string Domain = "src/Domain/Domain.csproj";
    private const string Engine = "src/Engine/Engine.csproj";
    private const string Method = "src/Method/Method.csproj";
    private const string Sqlite = "migrations/Sqlite/Sqlite.csproj";
    private const string Postgres = "migrations/Postgres/Postgres.csproj";

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        [Domain] = [],
        [Engine] = [],
        [Method] = [Domain, Engine],
        ["src/Jobs/Jobs.csproj"] = [Domain, Engine, Method, Sqlite, Postgres],
        ["src/Api/Api.csproj"] = [Domain, Engine, Sqlite, Postgres],
        ["src/Portal/Portal.csproj"] = [Domain, Sqlite, Postgres],
        ["src/Cli/Cli.csproj"] = [Domain, Engine, Method, Sqlite, Postgres],
        [Sqlite] = [Domain],
        [Postgres] = [Domain],
    };

    public static TheoryData<string> Projects => new(Solution.Projects("src").Concat(Solution.Projects("migrations")).Select(Solution.Relative));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Refers_OnlyToWhatItMayKnow(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} is new: say in this test what it may refer to.");
        Assert.Empty(Solution.References(Path.Combine(Solution.Root, project)).Except(allowed, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Engine, "Microsoft.EntityFrameworkCore", "Microsoft.AspNetCore", "Hangfire", "MudBlazor")]
    [InlineData(Domain, "TorchSharp", "libtorch", "Hangfire", "MudBlazor")]
    [InlineData("src/Portal/Portal.csproj", "TorchSharp", "libtorch", "Hangfire")]
    [InlineData("src/Api/Api.csproj", "Hangfire", "MudBlazor")]
    public void Project_Packages_LeaveOutWhatIsNotItsBusiness(string project, params string[] forbidden) =>
        Assert.DoesNotContain(Solution.Packages(Path.Combine(Solution.Root, project)), package => forbidden.Any(prefix => package.StartsWith(prefix, StringComparison.Ordinal)));

    [Fact]
    public void Packages_HaveTheirVersions_InOnePlace() => Assert.Empty(
        Solution.Projects("src").Concat(Solution.Projects("tests")).Concat(Solution.Projects("migrations"))
            .Where(project => System.Xml.Linq.XDocument.Load(project).Descendants("PackageReference").Any(package => package.Attribute("Version") is not null))
            .Select(Solution.Relative));

    [Fact]
    public void CudaPackage_IsReferredTo_OnlyUnderItsCondition() => Assert.All(
        Solution.Projects("src").SelectMany(project => System.Xml.Linq.XDocument.Load(project).Descendants("PackageReference"))
            .Where(package => ((string)package.Attribute("Include")!).Contains("cuda", StringComparison.OrdinalIgnoreCase)),
        package => Assert.Contains("'$(Torch)' == 'cuda'", (string?)package.Attribute("Condition"), StringComparison.Ordinal));
}
