using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Tokenization;

namespace Platform.Cli.Tests.ModelTools;

public sealed class ModelToolsTests
{
    [Theory]
    [InlineData("Breakfast  was fine.\n")]
    [InlineData("@mention and -dash")]
    [InlineData("naïve 日本 🙂")]
    public async Task Tokenize_Text_GivesIdsThatDecodeToIt(string text)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        var json = (await CommandRun.OfAsync("tokenize", "--model", folder.At("model"), "--text", text, "--json")).Expect(0).Json;

        Assert.Equal(Tokenizer.Load(folder.At("model")).Encode(text), json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(text, json.GetProperty("decoded").GetString());
        Assert.Equal(["ids", "decoded"], json.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Tokenize_File_IsTakenAsItIs()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        var file = folder.Write("text.txt", " two lines\r\nand a space \n");

        var json = (await CommandRun.OfAsync("tokenize", "--model", folder.At("model"), "--file", file, "--json")).Expect(0).Json;

        Assert.Equal(" two lines\r\nand a space \n", json.GetProperty("decoded").GetString());
    }

    [Fact]
    public async Task Tokenize_FileThatIsNotUtf8_NamesFileAndByte()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        File.WriteAllBytes(folder.At("latin1.txt"), [0x61, 0xE9, 0x62]);

        var run = (await CommandRun.OfAsync("tokenize", "--model", folder.At("model"), "--file", folder.At("latin1.txt"))).Expect(1);

        Assert.Contains("latin1.txt", run.Error, StringComparison.Ordinal);
        Assert.Contains("UTF-8", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_OfTokens_AreTheModelsOwn()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        using var model = HuggingFaceFolder.LoadModel(folder.At("model"));

        var json = (await CommandRun.OfAsync("logits", "--model", folder.At("model"), "--ids", "5,6,7", "--json")).Expect(0).Json;

        Assert.Equal(model.LastLogits([5, 6, 7]), json.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()));
    }

    [Theory]
    [InlineData("300", "0 to 299")]
    [InlineData("1,2,9999", "9999")]
    public async Task Logits_IdOutsideTheVocabulary_IsNamed(string ids, string expected)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        Assert.Contains(expected, (await CommandRun.OfAsync("logits", "--model", folder.At("model"), "--ids", ids)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_MoreTokensThanTheContext_NamesTheLimit()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        var run = (await CommandRun.OfAsync("logits", "--model", folder.At("model"), "--ids", string.Join(',', Enumerable.Repeat(1, 65)))).Expect(1);

        Assert.Contains("context is 64", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_FolderWithoutModel_SaysWhatIsMissing()
    {
        using var folder = new TestFolder();

        Assert.Contains("config.json", (await CommandRun.OfAsync("logits", "--model", folder.Root, "--ids", "1")).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_Prompt_GivesOnlyTheContinuation_TheSameEachTime_AndFitsTheContext()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        string[] command = ["generate", "--model", folder.At("model"), "--prompt", "The guest", "--max-tokens", "1000", "--json"];

        var first = (await CommandRun.OfAsync(command)).Expect(0).Json;
        var second = (await CommandRun.OfAsync(command)).Expect(0).Json;

        Assert.Equal(["text"], first.EnumerateObject().Select(property => property.Name));
        Assert.DoesNotContain("The guest", first.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(first.GetProperty("text").GetString(), second.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Generate_GenerationConfigWithSeveralEnds_StopsAtEach()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        string[] command = ["generate", "--model", folder.At("model"), "--prompt", "The guest", "--max-tokens", "12", "--json"];
        using var model = HuggingFaceFolder.LoadModel(folder.At("model"));
        var logits = model.LastLogits(Tokenizer.Load(folder.At("model")).Encode("The guest"));
        var first = Array.IndexOf(logits, logits.Max());
        Assert.NotEqual("", (await CommandRun.OfAsync(command)).Expect(0).Json.GetProperty("text").GetString());

        folder.Write("model/generation_config.json", $$"""{"eos_token_id":[0,{{first}}]}""");

        Assert.Equal("", (await CommandRun.OfAsync(command)).Expect(0).Json.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("^(good|bad)$", "--choice", "good", "--choice", "bad")]
    [InlineData("^[ab]{3}$", "--regex", "[ab]{3}")]
    [InlineData("^[^e]*$", "--temperature", "1", "--seed", "5", "--stop", "e")]
    public async Task Generate_WithRules_KeepsThem(string expected, params string[] rules)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        var run = (await CommandRun.OfAsync(["generate", "--model", folder.At("model"), "--prompt", "The guest", "--max-tokens", "20", "--json", .. rules])).Expect(0);

        Assert.Matches(expected, run.Json.GetProperty("text").GetString()!);
    }

    [Theory]
    [InlineData("--top-p", "--top-p", "2")]
    [InlineData("--regex", "--regex", "(a")]
    [InlineData("give one of them", "--regex", "a", "--choice", "b")]
    [InlineData("there is no file", "--json-schema", "nowhere.json")]
    public async Task Generate_RulesThatMakeNoSense_AreRefusedByName(string expected, params string[] rules)
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));

        var run = await CommandRun.OfAsync(["generate", "--model", folder.At("model"), "--prompt", "The guest", .. rules]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_PromptAsLongAsTheContext_NamesTheLimit()
    {
        using var folder = new TestFolder();
        TinyModel.WriteTo(folder.At("model"));
        var prompt = string.Concat(Enumerable.Range(0, 200).Select(i => $"x{i} "));

        Assert.Contains("context of 64", (await CommandRun.OfAsync("generate", "--model", folder.At("model"), "--prompt", prompt)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("qwen3-tiny")]
    [InlineData("llama-tiny")]
    public async Task Logits_ReferenceModel_AgreesWithFloat64(string name)
    {
        var folder = SharedFolder.Require($"fixtures/reference-models/{name}");
        using var reference = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "reference.json"), TestContext.Current.CancellationToken));

        foreach (var known in reference.RootElement.GetProperty("cases").EnumerateArray())
        {
            var ids = string.Join(',', known.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
            var json = (await CommandRun.OfAsync("logits", "--model", folder, "--ids", ids, "--json")).Expect(0).Json;

            var expected = known.GetProperty("last_logits").EnumerateArray().Select(value => value.GetDouble());
            Assert.All(expected.Zip(json.GetProperty("logits").EnumerateArray().Select(value => value.GetDouble())), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }
}
