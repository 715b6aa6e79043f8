using Platform.Domain.Persistence.Moves;

namespace Platform.Domain.Tests.Persistence;

public sealed class TableDigestTests
{
    private static readonly object?[] First = ["a", 1L, null, true];
    private static readonly object?[] Second = ["b", 2L, 0.5, false];

    [Fact]
    public void Hex_SameRowsInAnotherOrder_IsTheSame() => Assert.Equal(Of(First, Second), Of(Second, First));

    [Fact]
    public void Hex_AnythingDifferent_IsDifferent()
    {
        object?[][] others =
        [
            ["a", 1L, null, false], ["a", 1, null, true], ["a", 1L, "", true], ["a1", "", null, true], ["a", 1L, null], [null, "a", 1L, true],
        ];

        Assert.All(others, other => Assert.NotEqual(Of(First), Of(other)));
        Assert.NotEqual(Of(First), Of(First, First));
        Assert.NotEqual(Of(First, First), Of());
    }

    private static (long, string) Of(params object?[][] rows)
    {
        var digest = new TableDigest();
        foreach (var row in rows)
            digest.Add(row);
        return (digest.Rows, digest.Hex);
    }
}
