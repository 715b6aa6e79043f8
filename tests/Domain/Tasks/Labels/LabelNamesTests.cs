using Platform.Domain.Tasks.Labels;

namespace Platform.Domain.Tests.Tasks.Labels;

public sealed class LabelNamesTests
{
    private static readonly LabelSet[] Sets =
    [
        Set(1, ["good", "bad", "so-so", "spam"]),
        Set(2, ["great", "bad", "so-so", "spam"], new LabelChange(LabelChangeKind.Rename, ["good"], ["great"])),
        Set(3, ["great", "poor", "spam"], new LabelChange(LabelChangeKind.Merge, ["bad", "so-so"], ["poor"])),
        Set(4, ["great", "dirty", "rude", "spam"], new LabelChange(LabelChangeKind.Split, ["poor"], ["dirty", "rude"])),
        Set(5, ["great", "dirty", "rude"], new LabelChange(LabelChangeKind.Retire, ["spam"], [])),
    ];

    [Theory]
    [InlineData(5, 1, "great:good", "dirty:bad", "rude:bad")]
    [InlineData(5, 3, "great:great", "dirty:poor", "rude:poor")]
    [InlineData(1, 2, "good:great", "bad:bad", "so-so:so-so", "spam:spam")]
    [InlineData(1, 3, "good:great", "bad:poor", "so-so:poor", "spam:spam")]
    [InlineData(3, 4, "great:great", "poor:poor", "spam:spam")]
    public void Between_Sets_TranslatesStepByStep(int served, int wanted, params string[] expected)
    {
        var names = LabelNames.Between(Sets, Sets[served - 1].Labels, wanted);

        var read = Sets[served - 1].Labels.Select(label => $"{label}:{names?[label] ?? label}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Between_ModelWithLabelsOfNoSet_LeavesThemAsTheyAre() => Assert.Null(LabelNames.Between(Sets, ["yes", "no"], 1));

    [Fact]
    public void Between_SetThatIsServed_LeavesThemAsTheyAre() => Assert.Null(LabelNames.Between(Sets, Sets[2].Labels, 3));

    private static LabelSet Set(int number, IReadOnlyList<string> labels, params IReadOnlyList<LabelChange> changes) =>
        new() { TaskId = Guid.Empty, Number = number, Labels = labels, Changes = changes, CreatedByName = "Mia", CreatedAt = DateTimeOffset.UnixEpoch };
}
