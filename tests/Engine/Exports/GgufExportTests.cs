using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using Platform.Engine.Exports;
using Platform.Engine.Tests.Models;

namespace Platform.Engine.Tests.Exports;

/// <summary>What is in the file, by a reader of its own. That llama.cpp computes the same with it is in <see cref="LlamaCppTests"/>.</summary>
public sealed class GgufExportTests
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["model.embed_tokens"] = "token_embd",
        ["model.norm"] = "output_norm",
        ["lm_head"] = "output",
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    public static TheoryData<string> Families => ["qwen2", "qwen3", "llama", "mistral"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Write_RandomShapes_HoldsEveryWeightInItsPlace(string family) =>
        Gen.Select(PublishedShape.Of(family), PublishedShape.AnyOf(GgufType.F32, GgufType.F16, GgufType.BF16, GgufType.Q8), Gen.Int)
            .Where((shape, _, _) => family is "llama" or "mistral" || (shape.Scaling?.Low is null && !(shape.AttentionBias && family == "qwen3")))
            .Sample((shape, type, seed) =>
            {
                // A vocabulary larger than the tokenizer's has rows that no text reaches, as published models do.
                shape = shape with { Vocabulary = shape.Vocabulary + TinyModel.Tokenizer.VocabularySize };
                using var folder = new TemporaryFolder();
                var weights = shape.Weights(seed);
                PublishedFolder.Write(folder.Path, shape.Config(), shape.Tensors(), weights, "F32", 1);
                TinyModel.Tokenizer.Save(folder.Path);

                GgufExport.Write(folder.Path, null, type, folder.File("model.gguf"));
                var file = PlainGguf.Read(folder.File("model.gguf"));

                foreach (var (name, size) in shape.Tensors())
                    AssertStored(file, shape, type, name, size, weights[name]);
                Assert.Equal(weights.Count + (shape.Scaling?.Low is null ? 0 : 1), file.Tensors.Count);
            }, iter: 25, threads: 1);

    [Fact]
    public void Write_Model_DescribesShapeAndTokenizer()
    {
        using var folder = new TemporaryFolder();
        var model = Path.Combine(folder.Path, "my-model");
        ExportFolder.WriteModel(model, ExportFolder.Shape("mistral", new PublishedScaling(4, null, null, 0)));
        File.WriteAllText(Path.Combine(model, "tokenizer_config.json"), """{"eos_token":"<|endoftext|>","chat_template":[{"name":"tools","template":"t"},{"name":"default","template":"{{ messages }}"}]}""");

        GgufExport.Write(model, null, GgufType.Q8, folder.File("model.gguf"));
        var pairs = PlainGguf.Read(folder.File("model.gguf")).Pairs;

        Assert.Equal("llama", pairs["general.architecture"]); // Mistral is a llama to llama.cpp
        Assert.Equal("my-model", pairs["general.name"]);
        Assert.Equal((7u, 2u), (pairs["general.file_type"], pairs["general.quantization_version"]));
        Assert.Equal(new object[] { 48u, 64u, 2u, 96u, 4u, 2u, 16u, 16u, (uint)TinyModel.Tokenizer.VocabularySize }, Values(pairs, "llama.context_length", "llama.embedding_length", "llama.block_count",
            "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.head_count_kv", "llama.attention.key_length", "llama.rope.dimension_count", "llama.vocab_size"));
        Assert.Equal(new object[] { 1e-6f, 10_000f, "linear", 4f }, Values(pairs, "llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base", "llama.rope.scaling.type", "llama.rope.scaling.factor"));
        Assert.Equal(new object[] { "gpt2", "qwen2", 0u, false, false, "{{ messages }}" }, Values(pairs, "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.eos_token_id",
            "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token", "tokenizer.chat_template"));
        Assert.Equal(Enumerable.Range(0, TinyModel.Tokenizer.VocabularySize).Select(id => (object)TinyModel.Tokenizer.IdToToken(id)!), (object[])pairs["tokenizer.ggml.tokens"]);
        Assert.Equal(3, ((object[])pairs["tokenizer.ggml.token_type"])[0]); // control
        Assert.All(((object[])pairs["tokenizer.ggml.token_type"]).Skip(1), type => Assert.Equal(1, type));
        Assert.NotEmpty((object[])pairs["tokenizer.ggml.merges"]);
        Assert.DoesNotContain("tokenizer.ggml.bos_token_id", pairs.Keys);
    }

    [Theory]
    [InlineData("qwen3", true, null, "attention_bias in a qwen3 model")]
    [InlineData("qwen2", false, 2.0, "rope scaling llama3 in a qwen2 model")]
    public void Write_WhatLlamaCppCannotRun_IsRefusedByName(string family, bool bias, double? low, string expected)
    {
        using var folder = new TemporaryFolder();
        ExportFolder.WriteModel(folder.Path, ExportFolder.Shape(family, low is null ? null : new PublishedScaling(8, low, 4, 16), bias: bias));

        var problem = Assert.Throws<InvalidDataException>(() => GgufExport.Write(folder.Path, null, GgufType.F32, folder.File("model.gguf")));

        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("model.gguf")));
    }

    [Fact]
    public void Write_PreTokenizerThatLlamaCppLacks_IsRefusedByItsField()
    {
        using var folder = new TemporaryFolder();
        ExportFolder.WriteModel(folder.Path, ExportFolder.Shape("llama"));
        var path = folder.File("tokenizer.json");
        var definition = JsonNode.Parse(File.ReadAllText(path))!;
        definition["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"] = new JsonObject { ["Regex"] = @"\p{N}{1,7}" };
        File.WriteAllText(path, definition.ToJsonString());

        var problem = Assert.Throws<InvalidDataException>(() => GgufExport.Write(folder.Path, null, GgufType.F32, folder.File("model.gguf")));

        Assert.Contains("tokenizer.json: pre_tokenizer", problem.Message, StringComparison.Ordinal);
        Assert.Contains(@"\p{N}{1,7}", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GgufType.F16, 70_000f, "float16 cannot hold")]
    [InlineData(GgufType.Q8, float.NaN, "q8_0 cannot hold")]
    public void Write_WeightsBeyondTheType_AreRefused_AndLeaveNoFile(GgufType type, float value, string expected)
    {
        using var folder = new TemporaryFolder();
        var shape = ExportFolder.Shape("llama");
        var weights = shape.Weights(1);
        weights["model.layers.1.mlp.up_proj.weight"][77] = value;
        PublishedFolder.Write(folder.Path, shape.Config(), shape.Tensors(), weights, "F32", 1);
        TinyModel.Tokenizer.Save(folder.Path);

        var problem = Assert.Throws<InvalidDataException>(() => GgufExport.Write(folder.Path, null, type, folder.File("model.gguf")));

        Assert.Contains("model.layers.1.mlp.up_proj.weight", problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "model.gguf*"));
    }

    private static void AssertStored(PlainGguf file, PublishedShape shape, GgufType type, string name, int[] size, float[] weights)
    {
        var parts = name.Split('.');
        var layer = name.StartsWith("model.layers.", StringComparison.Ordinal);
        var stored = file.Tensors[layer ? $"blk.{parts[2]}.{Names[string.Join('.', parts[3..^1])]}.{parts[^1]}" : $"{Names[string.Join('.', parts[..^1])]}.{parts[^1]}"];
        Assert.Equal(size.Select(s => (long)s), stored.Shape);
        Assert.Equal(TypeNumber(type, size), stored.Type);
        var (row, heads) = (size.Length == 1 ? 1 : size[1], HeadsToReorder(shape, name));
        for (var i = 0; i < weights.Length; i++)
        {
            var place = heads == 0 ? i : Reordered(i / row, size[0] / heads) * row + i % row;
            var tolerance = stored.Type switch
            {
                0 => 0,
                1 => Math.Abs(weights[i]) / 2048 + 1e-7,
                30 => Math.Abs(weights[i]) / 256,
                _ => 0.0025, // half a step of the largest possible weight here, 0.5 / 127, and its scale's rounding
            };
            Assert.True(Math.Abs(stored.Values[place] - weights[i]) <= tolerance, string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]: {stored.Values[place]}, weight {weights[i]}"));
        }
    }

    // Norms and biases are float32; rows that no whole blocks fill are float16 in a q8_0 file.
    private static uint TypeNumber(GgufType type, int[] size) => (type, size) switch
    {
        (_, [_]) or (GgufType.F32, _) => 0,
        (GgufType.BF16, _) => 30,
        (GgufType.Q8, [_, var row]) when row % 32 == 0 => 8,
        _ => 1,
    };

    // llama.cpp turns neighbours 2i and 2i + 1 of a llama's heads where checkpoints turn i and i + D/2.
    private static int HeadsToReorder(PublishedShape shape, string name) => shape.Family is "llama" or "mistral"
        ? name.Contains(".q_proj.", StringComparison.Ordinal) ? shape.Heads : name.Contains(".k_proj.", StringComparison.Ordinal) ? shape.KeyValueHeads : 0
        : 0;

    private static int Reordered(int output, int headSize)
    {
        var (head, i) = (output / headSize, output % headSize);
        return head * headSize + (i < headSize / 2 ? 2 * i : 2 * (i - headSize / 2) + 1);
    }

    private static object[] Values(Dictionary<string, object> pairs, params string[] keys) => [.. keys.Select(key => pairs[key])];
}
