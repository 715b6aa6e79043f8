using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

public sealed class ConstraintCacheTests
{
    private readonly ConstraintCache _cache = new(TinyVocabulary.Of(), capacity: 2);

    [Fact]
    public void Regex_SameAgain_IsTheSameObject()
    {
        Assert.Same(_cache.Regex("a+"), _cache.Regex("a+"));
        Assert.NotSame(_cache.Regex("a+"), _cache.Regex("a+", new ConstraintOptions { Prefix = " " }));
        Assert.NotSame(_cache.Labels(["a", "b"]), _cache.Labels(["a\",\"b"]));
        Assert.Same(_cache.JsonObject(), _cache.JsonObject(new ConstraintOptions()));
    }

    [Fact]
    public void Regex_MoreThanFit_DropsTheOneUsedLongestAgo()
    {
        var (a, b) = (_cache.Regex("a"), _cache.Regex("b"));
        Assert.Same(a, _cache.Regex("a"));

        _cache.JsonSchema("{}");

        Assert.Same(a, _cache.Regex("a"));
        Assert.NotSame(b, _cache.Regex("b"));
    }

    [Fact]
    public void JsonSchema_Unusable_IsNotKept()
    {
        Assert.Throws<InvalidConstraintException>(() => _cache.JsonSchema("{\"not\":{}}"));
        Assert.Throws<InvalidConstraintException>(() => _cache.JsonSchema("{\"not\":{}}"));
    }
}
