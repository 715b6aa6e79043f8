using System.Text.RegularExpressions;

namespace Platform.Architecture.Tests;

/// <summary>Conventions that no analyzer of the SDK checks.</summary>
public sealed partial class SourceRulesTests
{
    private const int LongestFile = 500;

    [Fact]
    public void Types_AreNamed_WithoutEmptyWords() => AssertNone(
        TypeWithEmptyWord(), "Name the type for what it does: Manager, Helper, Util, Info, Processor and Dto say nothing.");

    [Fact]
    public void Time_ComesFrom_TimeProvider() => AssertNone(
        WallClock(), "Take a TimeProvider instead: tests then decide what time it is.", "src", "migrations");

    [Fact]
    public void Methods_AreNever_AsyncVoid() => AssertNone(AsyncVoid(), "Return a Task: an exception in async void ends the process.");

    [Fact]
    public void Tasks_AreAwaited_NotBlockedOn() => AssertNone(BlockingWait(), "Await it: blocking on a task starves the thread pool.", "src");

    [Fact]
    public void Todos_Name_AnIssue() => AssertNone(TodoWithoutIssue(), "Write TODO(#12), or do it.");

    [Fact]
    public void Warnings_AreNotSwitchedOff_InSources() => AssertNone(Pragma(), "Mend the cause, or switch the rule off in .editorconfig with the reason.", "src", "tests");

    /// <summary>On SQLite any transaction keeps other writers away, on PostgreSQL only one that asks for it.</summary>
    [Fact]
    public void Transactions_Begin_WithTheirLock() => Assert.Empty(Solution.Sources("src")
        .Where(file => !Solution.Relative(file).StartsWith("src/Domain/Persistence/", StringComparison.Ordinal) && !Solution.Relative(file).EndsWith("/WorkClaims.cs", StringComparison.Ordinal))
        .Where(file => PlainTransaction().IsMatch(File.ReadAllText(file)))
        .Select(file => $"{Solution.Relative(file)}: begin it with BeginWriteAsync, BeginLedgerAsync or BeginReadAsync."));

    [Fact]
    public void Files_Stay_Readable() => Assert.Empty(Solution.Sources()
        .Select(file => (File: Solution.Relative(file), Lines: File.ReadLines(file).Count())).Where(file => file.Lines > LongestFile)
        .Select(file => $"{file.File} has {file.Lines} lines; split it by concern (at most {LongestFile})."));

    private static void AssertNone(Regex pattern, string mend, params string[] folders)
    {
        // These files hold the patterns themselves.
        var found = Solution.Sources(folders).Where(file => !Solution.Relative(file).StartsWith("tests/Architecture/", StringComparison.Ordinal))
            .SelectMany(file => File.ReadLines(file).Select((line, index) => (Text: line, Place: $"{Solution.Relative(file)}:{index + 1}")))
            .Where(line => !line.Text.TrimStart().StartsWith("///", StringComparison.Ordinal) && pattern.IsMatch(line.Text))
            .Select(line => $"{line.Place}: {line.Text.Trim()}").ToList();
        Assert.True(found.Count == 0, $"{mend}\n{string.Join('\n', found)}");
    }

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Info|Processor|Dto)\b(?!\s*\()")]
    private static partial Regex TypeWithEmptyWord();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bDatabase\s*\.BeginTransaction")]
    private static partial Regex PlainTransaction();

    [GeneratedRegex(@"\basync\s+void\b")]
    private static partial Regex AsyncVoid();

    [GeneratedRegex(@"\.GetAwaiter\(\)\.GetResult\(\)|Async\([^;]*\)\.(Result\b|Wait\()")]
    private static partial Regex BlockingWait();

    [GeneratedRegex(@"\bTODO\b(?!\(#\d+\))")]
    private static partial Regex TodoWithoutIssue();

    [GeneratedRegex(@"#pragma\s+warning\s+disable")]
    private static partial Regex Pragma();
}
