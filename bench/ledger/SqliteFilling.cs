using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.LedgerBench;

internal sealed class SqliteFilling : IFilling
{
    private const int GroupSize = 500_000;

    public async Task FillAsync(PlatformDbContext context, Span span, Action<string> said)
    {
        for (var first = 0L; first < span.Records; first += GroupSize)
        {
            var last = Math.Min(span.Records, first + GroupSize) - 1;
            await context.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"""
                WITH RECURSIVE numbers(n, r) AS (SELECT {first}, 0 UNION ALL SELECT n + 1, (n * 48271 + 11) % 2147483647 FROM numbers WHERE n < {last})
                INSERT INTO "UsageRecords" ("AtMicroseconds", "RequestId", "TaskId", "TeamId", "KeyId", "ModelVersionId", "DeploymentId", "SessionId", "Inputs", "PromptTokens", "CachedTokens",
                    "CompletionTokens", "DeviceMicroseconds", "CostNano", "Currency", "Status", "LatencyMicroseconds")
                SELECT {span.From} + CAST(n * {(double)span.Length / span.Records:R} AS INTEGER), printf('req_%032x', n), {Id($"r % {span.Tasks}")}, {Id($"r % {span.Tasks} % 3")}, {Id($"r % {2 * span.Tasks}")},
                    {Id("0")}, {Id("0")}, {Id("0")}, 1, 20 + r % 180, r % 20, 1 + r % 7, 500 + r % 19500, (500 + r % 19500) * 5 / 9, 'USD', 'Ok', 5000 + r % 45000 FROM numbers
                """));
            said($"{last + 1:N0} records");
        }
    }

    public Task FinishAsync(PlatformDbContext context, Action<string> said) => Task.CompletedTask;

    private static string Id(string number) => $"printf('%08X-0000-0000-0000-000000000000', {number} + 1)";
}
