using System.Globalization;
using System.Text.Json;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Exports;

/// <summary>Writes a tokenizer.json into a GGUF file's metadata.</summary>
internal sealed class GgufTokenizer
{
    /// <summary>What llama.cpp needs to know about a token; the values are the format's own.</summary>
    private enum TokenType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    private const float NeverMerged = -1e6f;

    private readonly string _folder;
    private readonly ModelConfig _config;
    private readonly Tokenizer _tokenizer;
    private readonly JsonField _root;
    private readonly JsonField _model;
    private readonly string[] _texts;
    private readonly TokenType[] _types;

    private GgufTokenizer(string folder, ModelConfig config)
    {
        (_folder, _config) = (folder, config);
        // Loaded for its checks, and for the special tokens.
        _tokenizer = Tokenizer.Load(folder);
        var path = Path.Combine(folder, "tokenizer.json");
        _root = JsonField.Parse(File.ReadAllBytes(path), path);
        _model = _root.Get("model");
        if (_tokenizer.VocabularySize > config.VocabularySize)
            throw new InvalidDataException($"{path}: has ids up to {_tokenizer.VocabularySize - 1}; the model has {config.VocabularySize} rows of embeddings.");
        _texts = [.. Enumerable.Range(0, config.VocabularySize).Select(id => _tokenizer.IdToToken(id) ?? $"[PAD{id}]")];
        _types = [.. Enumerable.Range(0, config.VocabularySize).Select(id => _tokenizer.IdToToken(id) is null ? TokenType.Unused : TokenType.Normal)];
    }

    /// <summary>Adds the tokenizer of a model's folder.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidDataException">llama.cpp cannot do what the tokenizer asks for.</exception>
    public static void Add(GgufFile file, string folder, ModelConfig config) => new GgufTokenizer(folder, config).AddTo(file);

    private void AddTo(GgufFile file)
    {
        var byteLevel = PipelineReader.IsByteLevel(_root.Find("pre_tokenizer"));
        MarkAddedTokens();
        if (byteLevel)
            AddByteLevel(file);
        else
            AddSentencePiece(file);
        file.Add("tokenizer.ggml.tokens", _texts);
        file.Add("tokenizer.ggml.token_type", [.. _types.Select(type => (int)type)]);
        AddSpecialTokens(file);
        if (ChatTemplate() is { } template)
            file.Add("tokenizer.chat_template", template);
    }

    private void MarkAddedTokens()
    {
        foreach (var token in TokenizerReader.ReadAddedTokens(_root))
            _types[token.Id] = token.Special ? TokenType.Control : TokenType.UserDefined;    }

    private void AddByteLevel(GgufFile file)
    {
        // Qwen's NFC is left out by llama.cpp's own conversion too: there text goes to the model as it is.
        if (_root.Find("normalizer") is { } normalizer && normalizer.Get("type").AsText() != "NFC")
            throw normalizer.Error($"llama.cpp has no normalizer '{normalizer.Get("type").AsText()}' for this kind of tokenizer; export this model as a Hugging Face folder instead.");
        file.Add("tokenizer.ggml.model", "gpt2");
        file.Add("tokenizer.ggml.pre", PreTokenizerName.Find(_root));
        file.Add("tokenizer.ggml.merges", [.. Merges().Select(merge => $"{merge.Left} {merge.Right}")]);
    }

    private void AddSentencePiece(GgufFile file)
    {
        if (!_model.Flag("byte_fallback", false))
            throw _model.Error("llama.cpp needs byte_fallback for this kind of tokenizer; export this model as a Hugging Face folder instead.");
        for (var value = 0; value < 256; value++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");
            _types[_tokenizer.TokenId(text) ?? throw _model.Error($"the token '{text}' is missing; byte_fallback needs all 256.")] = TokenType.Byte;
        }

        if (_model.Text("unk_token", null) is { } unknown && _tokenizer.TokenId(unknown) is { } id)
            _types[id] = TokenType.Unknown;
        file.Add("tokenizer.ggml.model", "llama");
        file.Add("tokenizer.ggml.pre", "default");
        file.Add("tokenizer.ggml.add_space_prefix", PrependsSpace());
        file.Add("tokenizer.ggml.scores", Scores());
    }

    /// <summary>
    /// SentencePiece knows no list of merges: it makes the piece with the highest score. The order in which the merges first make a piece is
    /// its score, if all merges that make it stand together, as they do in converted SentencePiece models.
    /// </summary>
    private float[] Scores()
    {
        var scores = new float[_config.VocabularySize];
        Array.Fill(scores, NeverMerged);
        var order = 0;
        var previous = -1;
        foreach (var (left, right, field) in Merges())
        {
            var piece = _tokenizer.TokenId(left + right) ?? throw field.Error($"the token '{left + right}' is not in the vocabulary.");
            if (piece == previous)
                continue;
            if (scores[piece] != NeverMerged)
                throw field.Error($"the merges of '{left + right}' do not stand together, so that scores cannot express them; export this model as a Hugging Face folder instead.");
            scores[piece] = -order++;
            previous = piece;
        }

        return scores;
    }

    private bool PrependsSpace()
    {
        if (_root.Find("pre_tokenizer") is { } step)
        {
            if (step.Get("type").AsText() != "Metaspace" || _root.Find("normalizer") is not null)
                throw step.Error("llama.cpp cannot do this split with this kind of tokenizer; export this model as a Hugging Face folder instead.");
            return step.Text("prepend_scheme", step.Flag("add_prefix_space", true) ? "always" : "never") != "never";
        }

        var prepends = false;
        foreach (var part in _root.Find("normalizer") is not { } normalizer ? [] : normalizer.Get("type").AsText() == "Sequence" ? normalizer.Get("normalizers").AsArray() : [normalizer])
        {
            var type = part.Get("type").AsText();
            prepends |= type == "Prepend" && part.Get("prepend").AsText() == "▁";
            if (type is not ("Prepend" or "Replace"))
                throw part.Error($"llama.cpp has no normalizer '{type}' for this kind of tokenizer; export this model as a Hugging Face folder instead.");
        }

        return prepends;
    }

    private void AddSpecialTokens(GgufFile file)
    {
        var begin = _tokenizer.BeginOfTextId ?? _config.BeginToken;
        var end = _tokenizer.EndOfTextId ?? GenerationConfig.Load(_folder).EndTokens.Select(id => (int?)id).FirstOrDefault() ?? _config.EndToken;
        var around = _tokenizer.Encode("", addSpecialTokens: true);
        AddId("bos", begin);
        AddId("eos", end);
        AddId("padding", _tokenizer.PaddingId);
        AddId("unknown", _model.Text("unk_token", null) is { } unknown ? _tokenizer.TokenId(unknown) : null);
        // Said also when false: llama.cpp guesses otherwise.
        file.Add("tokenizer.ggml.add_bos_token", around.Length > 0 && around[0] == begin);
        file.Add("tokenizer.ggml.add_eos_token", around.Length > (begin == end ? 1 : 0) && around[^1] == end);

        void AddId(string name, int? id)
        {
            if (id is { } value)
                file.Add($"tokenizer.ggml.{name}_token_id", value);
        }
    }

    private IEnumerable<(string Left, string Right, JsonField Field)> Merges()
    {
        foreach (var entry in _model.Get("merges").AsArray())
        {
            // ["a", "b"], or "a b" in older files; Tokenizer.Load has checked them.
            var pair = entry.Kind == JsonValueKind.String ? entry.AsText().Split(' ') : [.. entry.AsArray().Select(part => part.AsText())];
            yield return (pair[0], pair[1], entry);
        }
    }

    // A file of its own in newer folders; a text, or a list of named ones, in tokenizer_config.json.
    private string? ChatTemplate()
    {
        var own = Path.Combine(_folder, "chat_template.jinja");
        if (File.Exists(own))
            return File.ReadAllText(own);
        var path = Path.Combine(_folder, "tokenizer_config.json");
        if (!File.Exists(path) || JsonField.Parse(File.ReadAllBytes(path), path).Find("chat_template") is not { } template)
            return null;
        return template.Kind == JsonValueKind.String
            ? template.AsText()
            : template.AsArray().Where(entry => entry.Get("name").AsText() == "default").Select(entry => entry.Get("template").AsText()).FirstOrDefault();
    }
}
