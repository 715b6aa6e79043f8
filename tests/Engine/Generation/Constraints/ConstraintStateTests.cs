using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

public sealed class ConstraintStateTests
{
    private static readonly TokenVocabulary Vocabulary = TinyVocabulary.Of("yes", "no", "none", " ");
    private static readonly int End = Vocabulary.EndTokens[0];

    [Fact]
    public void Start_Labels_AllowsWhatLabelsBeginWith()
    {
        var state = Constraint.FromLabels(["no", "none", "yes"], Vocabulary).Start();

        Assert.Equal([TinyVocabulary.Byte('n'), TinyVocabulary.Byte('y'), 256, 257, 258], Allowed(state));
        Assert.Equal(2, state.LeastBytes);
    }

    [Fact]
    public void Advance_LabelThatBeginsAnother_MayEndOrGoOn()
    {
        var state = Constraint.FromLabels(["no", "none", "yes"], Vocabulary).Start();

        state.Advance(257);

        Assert.Equal([TinyVocabulary.Byte('n'), End], Allowed(state));
        Assert.True(state.IsComplete);
        Assert.False(state.MustEnd);
    }

    [Fact]
    public void MustEnd_LastCharacter_LeavesOnlyTheEnd()
    {
        var state = Constraint.FromLabels(["yes"], Vocabulary).Start();

        state.Advance(256);

        Assert.True(state.MustEnd);
        Assert.Equal(End, state.Allowed.First);
        Assert.Equal(1, state.Allowed.Count);
        state.Advance(End);
        Assert.True(state.HasEnded);
        Assert.Throws<InvalidOperationException>(() => state.Allowed);
        Assert.Throws<InvalidOperationException>(() => state.Advance(End));
    }

    [Fact]
    public void Advance_TokenThatIsNotAllowed_ThrowsAndChangesNothing()
    {
        var state = Constraint.FromLabels(["yes"], Vocabulary).Start();

        Assert.Throws<InvalidOperationException>(() => state.Advance(257));
        Assert.False(state.TryAdvance(End));
        Assert.False(state.TryAdvance(End - 1));
        Assert.False(state.TryAdvance(-1));
        Assert.False(state.TryAdvance(100_000));

        Assert.Equal(3, state.LeastBytes);
        state.Advance(256);
    }

    [Fact]
    public void Apply_Row_LeavesTheAllowed()
    {
        var state = Constraint.FromLabels(["yes"], Vocabulary).Start();
        var logits = new float[Vocabulary.Size + 70];
        Array.Fill(logits, 1.5f);

        state.Apply(logits);

        Assert.Equal([TinyVocabulary.Byte('y'), 256], Enumerable.Range(0, logits.Length).Where(token => logits[token] == 1.5f));
        Assert.Equal(logits.Length - 2, logits.Count(float.IsNegativeInfinity));
        Assert.Throws<ArgumentException>(() => state.Apply(new float[10]));
    }

    [Fact]
    public void FromLabels_Unusable_SaysWhich()
    {
        Assert.Equal("labels[1]", Assert.Throws<InvalidConstraintException>(() => Constraint.FromLabels(["a", ""], Vocabulary)).Path);
        Assert.Equal("labels[0]", Assert.Throws<InvalidConstraintException>(() => Constraint.FromLabels(["\ud83d"], Vocabulary)).Path);
        Assert.Equal("labels", Assert.Throws<InvalidConstraintException>(() => Constraint.FromLabels([], Vocabulary)).Path);
    }

    [Fact]
    public void FromLabels_ManyInSeveralScripts_GivesAllAndNothingElse()
    {
        string[] labels = [.. Enumerable.Range(0, 151).Select(i => $"{(i % 3 == 0 ? "жалоба" : i % 3 == 1 ? "苦情" : "intent")}_{i}"), "intent", "intent_1 more", "🙂", "🙂🙂"];
        var constraint = Constraint.FromLabels(labels, Vocabulary);
        var random = new Random(1);

        Assert.All(labels, label => Assert.True(constraint.Accepts(label)));
        Assert.All(Enumerable.Range(0, 300), _ => Assert.Contains(TinyVocabulary.Walk(constraint, random), labels));
        Assert.False(constraint.Accepts("intent_"));
    }

    [Fact]
    public async Task Allowed_ManyThreads_GivesTheSame()
    {
        var shared = Constraint.JsonObject(Vocabulary);
        var alone = Constraint.JsonObject(Vocabulary);
        string[] expected = [.. Enumerable.Range(0, 40).Select(seed => TinyVocabulary.Walk(alone, new Random(seed)))];

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, 40).Select(seed => TinyVocabulary.Walk(shared, new Random(seed))).ToArray(), TestContext.Current.CancellationToken)));

        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Fact]
    public void TokenVocabulary_NoEndToken_IsRefused() => Assert.Throws<ArgumentException>(() => new TokenVocabulary([[1]], []));

    [Fact]
    public void Allowed_TokensWithTheSameBytes_AreAllowedTogether()
    {
        var vocabulary = new TokenVocabulary(["a"u8.ToArray(), [], "a"u8.ToArray(), "a"u8.ToArray()], [1]);

        Assert.Equal([0, 2, 3], Allowed(Constraint.FromLabels(["a"], vocabulary).Start()));
    }

    private static int[] Allowed(ConstraintState state) => [.. Enumerable.Range(0, Vocabulary.Size).Where(state.Allowed.Contains)];
}
