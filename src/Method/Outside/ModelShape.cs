using Platform.Engine.Checkpoints;
using Platform.Engine.Models;

namespace Platform.Method.Outside;

/// <summary>Whether a model is one that was trained from another: the same architecture, by config.json.</summary>
internal static class ModelShape
{
    private static readonly (string Field, Func<ModelConfig, object?> Of)[] Fields =
    [
        ("model_type", config => config.Family),
        ("vocab_size", config => config.VocabularySize),
        ("hidden_size", config => config.HiddenSize),
        ("intermediate_size", config => config.IntermediateSize),
        ("num_hidden_layers", config => config.Layers),
        ("num_attention_heads", config => config.QueryHeads),
        ("num_key_value_heads", config => config.KeyValueHeads),
        ("head_dim", config => config.HeadSize),
        ("tie_word_embeddings", config => config.TiedHead),
        ("rope_theta", config => config.RopeTheta),
        ("rope_scaling", config => config.RopeScaling),
        ("rms_norm_eps", config => config.NormEpsilon),
    ];

    /// <exception cref="InvalidDataException">It is another architecture, or none that is supported; no weight is read.</exception>
    public static void Check(string folder, string baseModel)
    {
        var (found, wanted) = (HuggingFaceFolder.LoadConfig(folder), HuggingFaceFolder.LoadConfig(baseModel));
        List<string> differences = [.. Fields.Where(field => !Equals(field.Of(found), field.Of(wanted)))
            .Select(field => $"{field.Field} is {field.Of(found) ?? "none"}, that of the base {field.Of(wanted) ?? "none"}")];
        if (differences.Count > 0)
            throw new InvalidDataException($"'{folder}' was not trained from the base model '{baseModel}': {string.Join("; ", differences)}. Name the model that the exported training left.");
    }
}
