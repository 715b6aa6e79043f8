using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.Engine.Tokenization;

/// <summary>Writes the files of a trained tokenizer as Hugging Face's library reads them.</summary>
internal static class TrainedTokenizerFile
{
    // Letters of all scripts are written as themselves, as Hugging Face does.
    private static readonly JsonWriterOptions Format = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>tokenizer.json.</summary>
    public static byte[] Write(string[] tokens, int specialCount, List<(int Left, int Right)> merges) => ToJson(json =>
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        WriteAddedTokens(json, tokens.AsSpan(0, specialCount));
        json.WriteNull("normalizer");
        WritePreTokenizer(json);
        WriteByteLevel(json, "post_processor");
        WriteByteLevel(json, "decoder");
        WriteModel(json, tokens, merges);
    });

    /// <summary>tokenizer_config.json.</summary>
    public static byte[] WriteConfig(TokenizerTrainerOptions options) => ToJson(json =>
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteNull("bos_token");
        json.WriteString("eos_token", options.SpecialTokens[0]);
        json.WriteString("pad_token", options.SpecialTokens[0]);
        json.WriteNull("unk_token");
        json.WriteBoolean("add_bos_token", false);
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        if (options.ModelMaximumLength is { } length)
            json.WriteNumber("model_max_length", length);
    });

    private static byte[] ToJson(Action<Utf8JsonWriter> writeFields)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Format))
        {
            json.WriteStartObject();
            writeFields(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, ReadOnlySpan<string> specialTokens)
    {
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < specialTokens.Length; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", specialTokens[id]);
            foreach (var option in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                json.WriteBoolean(option, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", SplitPattern.Qwen2);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, null);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string? field)
    {
        if (field is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(field);
        json.WriteString("type", "ByteLevel");
        foreach (var option in (string[])["add_prefix_space", "trim_offsets", "use_regex"])
            json.WriteBoolean(option, false);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, string[] tokens, List<(int Left, int Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var option in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
            json.WriteNull(option);
        foreach (var option in (string[])["fuse_unk", "byte_fallback", "ignore_merges"])
            json.WriteBoolean(option, false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < tokens.Length; id++)
            json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(tokens[left]);
            json.WriteStringValue(tokens[right]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
