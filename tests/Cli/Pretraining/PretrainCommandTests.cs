using Platform.Cli.Tests.ModelTools;
using Platform.Engine.Checkpoints;

namespace Platform.Cli.Tests.Pretraining;

public sealed class PretrainCommandTests
{
    [Fact]
    public async Task Pretrain_TinyCorpus_MakesAModelFolderThatLoads_AndTheSameCommandGoesOn()
    {
        using var folder = new TestFolder();
        var corpus = folder.Write("corpus.txt", string.Concat(Enumerable.Repeat(TinyModel.Sentences + "<|endoftext|>\n", 300)));
        TinyModel.WriteTo(folder.At("shape"));
        string[] command =
        [
            "pretrain", "--corpus", corpus, "--out", folder.At("base"), "--tokens", "8192", "--config", folder.At("shape", "config.json"),
            "--sequence-tokens", "32", "--batch-tokens", "512", "--micro-batch-tokens", "512", "--validation-sequences", "4", "--json",
        ];

        var first = (await CommandRun.OfAsync(command)).Expect(0).Json;
        var again = (await CommandRun.OfAsync(command)).Expect(0).Json;

        // A uniform guess costs ln 300 = 5.70 nats a token.
        Assert.InRange(first.GetProperty("validation_loss").GetDouble(), 0, 5);
        Assert.Equal(first.GetProperty("validation_loss").GetDouble(), again.GetProperty("validation_loss").GetDouble(), 1e-6);
        using var model = HuggingFaceFolder.LoadModel(folder.At("base"));
        Assert.Equal(TinyModel.Shape.VocabularySize, model.Config.VocabularySize);
        Assert.Equal(16, File.ReadLines(folder.At("base.work", "loss.jsonl")).Count());
    }

    [Fact]
    public async Task Pretrain_MissingCorpus_IsNamed() => Assert.Contains(
        "nowhere.txt", (await CommandRun.OfAsync("pretrain", "--corpus", "nowhere.txt", "--out", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), "--tokens", "1000")).Expect(1).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Pretrain_DamagedArchive_IsAnErrorAndNoShorterCorpus()
    {
        using var folder = new TestFolder();
        var corpus = folder.Write("corpus.txt.xz", "this is no archive");

        Assert.Contains("corpus.txt.xz", (await CommandRun.OfAsync("pretrain", "--corpus", corpus, "--out", folder.At("base"), "--tokens", "1000")).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pretrain_NoTokens_IsAWrongCommandLine() =>
        Assert.Contains("--tokens", (await CommandRun.OfAsync("pretrain", "--corpus", "x", "--out", "y", "--tokens", "0")).Expect(2).Error, StringComparison.Ordinal);
}
