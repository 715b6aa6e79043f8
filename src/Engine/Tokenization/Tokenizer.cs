namespace Platform.Engine.Tokenization;

/// <summary>
/// Turns text into the token ids of a model and back: byte-level BPE (GPT-2, Qwen, Llama 3) and SentencePiece-style BPE
/// (Llama 2, Mistral) as described by a Hugging Face tokenizer.json. Safe for use by many threads.
/// </summary>
/// <remarks>
/// Encoding is that of Hugging Face's own library, token for token. Truncation and padding settings of the file are not applied:
/// cutting a text is the caller's decision.
/// </remarks>
public sealed class Tokenizer
{
    private const string DefinitionFile = "tokenizer.json";
    private const string ConfigFile = "tokenizer_config.json";

    private readonly byte[] _definition;
    private readonly byte[]? _config;
    private readonly TokenTable _tokens;
    private readonly BpeModel _model;
    private readonly Func<string, string>? _normalize;
    private readonly PreTokenizer? _preTokenizer;
    private readonly AddedTokenMatcher _beforeNormalization;
    private readonly AddedTokenMatcher _afterNormalization;
    private readonly AddedTokenMatcher _none = new([]);
    private readonly Func<bool, DecoderStage[]> _decoder;
    private readonly (int[] Before, int[] After) _template;

    private Tokenizer(byte[] definition, byte[]? config, string path, string configPath)
    {
        _definition = definition;
        _config = config;
        var root = JsonField.Parse(definition, path);
        var added = TokenizerReader.ReadAddedTokens(root);
        var model = TokenizerReader.ReadModel(root, added);
        _tokens = new TokenTable(model.Vocabulary, added, path);
        _model = new BpeModel(model);
        _normalize = PipelineReader.ReadNormalizer(root.Find("normalizer"));
        _preTokenizer = PipelineReader.ReadPreTokenizer(root.Find("pre_tokenizer"));
        _decoder = PipelineReader.ReadDecoder(root.Find("decoder"));
        _template = TokenizerReader.ReadTemplate(root.Find("post_processor"));
        _beforeNormalization = new AddedTokenMatcher(added.Where(token => !token.Normalized));
        _afterNormalization = new AddedTokenMatcher(added.Where(token => token.Normalized), _normalize);
        foreach (var token in added.Where(token => token.Normalized && _normalize is not null))
            _tokens.SetDecoded(token.Id, _normalize!(token.Content));
        if (config is not null)
        {
            var settings = JsonField.Parse(config, configPath);
            BeginOfTextId = ReadToken(settings, "bos_token");
            EndOfTextId = ReadToken(settings, "eos_token");
            PaddingId = ReadToken(settings, "pad_token");
        }
    }

    /// <summary>Every id is below this number: the rows an embedding table needs at least. Ids may have gaps.</summary>
    public int VocabularySize => _tokens.Size;

    /// <summary>The token before a text (bos_token of tokenizer_config.json), if the model has one.</summary>
    public int? BeginOfTextId { get; }

    /// <summary>The token that ends a text or an answer (eos_token of tokenizer_config.json), if there is one.</summary>
    public int? EndOfTextId { get; }

    /// <summary>The token that fills up shorter rows of a batch (pad_token of tokenizer_config.json), if there is one.</summary>
    public int? PaddingId { get; }

    /// <summary>The model's work so far, for tests of how it grows.</summary>
    internal long MergeSteps => _model.MergeSteps;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folderOrFile">A tokenizer.json, or the folder of a model that has one. A tokenizer_config.json next to it is read too.</param>
    /// <exception cref="FileNotFoundException">There is no tokenizer.json.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or asks for something unsupported; the message names file and field.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        var path = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, DefinitionFile) : folderOrFile;
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no tokenizer at '{path}'; give a tokenizer.json or a model's folder that has one.", path);
        var configPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, ConfigFile);
        var config = File.Exists(configPath) ? File.ReadAllBytes(configPath) : null;
        return new Tokenizer(File.ReadAllBytes(path), config, path, configPath);
    }

    /// <summary>Reads a tokenizer from memory.</summary>
    internal static Tokenizer Parse(byte[] definition, byte[]? config, string name) => new(definition, config, name, name + " (config)");

    /// <summary>Writes tokenizer.json and tokenizer_config.json, exactly as they were read or trained, into a folder.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        Write(DefinitionFile, _definition);
        if (_config is not null)
            Write(ConfigFile, _config);

        // Renamed into place, so that a crash leaves the old file or the new one.
        void Write(string name, byte[] content)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllBytes(path + ".tmp", content);
            File.Move(path + ".tmp", path, overwrite: true);
        }
    }

    /// <summary>The token ids of a text.</summary>
    /// <param name="text">The text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Put the tokens around it that the file's post-processor asks for, such as a begin-of-text token.</param>
    /// <param name="allowSpecial">
    /// Whether an added token that is spelled out in the text, such as <c>&lt;|im_start|&gt;</c>, becomes that token. Pass false for text
    /// that users wrote: then it stays plain text and cannot pose as the end of their message.
    /// </param>
    public int[] Encode(string text, bool addSpecialTokens = false, bool allowSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 8);
        if (addSpecialTokens)
            ids.AddRange(_template.Before);

        var matcher = allowSpecial ? _beforeNormalization : _none;
        var sections = new List<Section>();
        matcher.Split(UnicodeText.ReplaceLoneSurrogates(text).AsMemory(), sections);
        foreach (var section in sections)
        {
            if (section.Token is { } token)
                ids.Add(token.Id);
            else
                EncodeSection(section, allowSpecial, ids);
        }

        if (addSpecialTokens)
            ids.AddRange(_template.After);
        return [.. ids];
    }

    /// <summary>The text of token ids. Ids that the tokenizer does not have, such as a model's padding rows, give nothing.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Leave special tokens out.</param>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var decoding = new Decoding(_decoder(false));
        foreach (var id in ids)
        {
            if (_tokens.DecodedOf(id, skipSpecialTokens) is { } token)
                decoding.Take(token);
        }

        return decoding.Finish();
    }

    /// <summary>A decoder that takes the ids of one text one by one, as they are generated.</summary>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = true) =>
        new(id => _tokens.DecodedOf(id, skipSpecialTokens), new Decoding(_decoder(true)));

    /// <summary>The id of a token as it is written in the vocabulary; null when there is none.</summary>
    public int? TokenId(string token) => _tokens.IdOf(token);

    /// <summary>The token of an id as it is written in the vocabulary; null when there is none.</summary>
    public string? IdToToken(int id) => _tokens.TextOf(id);

    /// <summary>Whether the id is that of a special token.</summary>
    public bool IsSpecial(int id) => _tokens.IsSpecial(id);

    /// <summary>
    /// The bytes that a token adds in the middle of a text, which may be less than a character; none for special tokens and unknown ids.
    /// </summary>
    internal byte[] BytesOf(int id)
    {
        if (_tokens.DecodedOf(id, skipSpecial: true) is not { } part)
            return [];
        foreach (var stage in _decoder(true))
        {
            if (stage.BytesInside(part) is { } bytes)
                return bytes;
            part = stage.Inside(part);
        }

        return System.Text.Encoding.UTF8.GetBytes(part);
    }

    private void EncodeSection(Section section, bool allowSpecial, List<int> ids)
    {
        var text = _normalize is null ? section.Text : _normalize(section.Text.ToString()).AsMemory();
        var matcher = allowSpecial ? _afterNormalization : _none;
        var pieces = new List<Piece>();
        var parts = new List<Section>();
        matcher.Split(text, parts);
        foreach (var part in parts)
        {
            if (part.Token is { } token)
            {
                ids.Add(token.Id);
                continue;
            }

            var piece = new Piece(part.Text, section.Start == 0 && part.Start == 0);
            pieces.Clear();
            if (_preTokenizer is null)
                pieces.Add(piece);
            else
                _preTokenizer.Split(piece, pieces);
            foreach (var word in pieces)
                _model.Encode(word.Text.Span, ids);
        }
    }

    // "<s>", or {"content": "<s>", ...} in older files.
    private int? ReadToken(JsonField settings, string name)
    {
        if (settings.Find(name) is not { } field)
            return null;
        var token = field.Kind == System.Text.Json.JsonValueKind.Object ? field.Get("content").AsText() : field.AsText();
        return TokenId(token) ?? throw field.Error($"the token '{token}' is not in the vocabulary.");
    }
}
