using Platform.Engine.Checkpoints;
using Platform.Engine.Exports;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;
using static TorchSharp.torch;

namespace Platform.EngineBench.Engines;

/// <summary>
/// Random weights, rounded to bfloat16, as a Hugging Face folder with the embedded base model's tokenizer, and the same weights as GGUF
/// files; made once and kept.
/// </summary>
internal sealed class RandomModel
{
    private RandomModel(Shape shape, string folder) => (Shape, Folder) = (shape, folder);

    public Shape Shape { get; }

    /// <summary>The Hugging Face folder.</summary>
    public string Folder { get; }

    /// <summary>The same weights in one of llama.cpp's types; written when first asked for.</summary>
    public string Gguf(GgufType type)
    {
        var path = Path.Combine(Folder, $"{type}.gguf");
        if (!File.Exists(path))
            GgufExport.Write(Folder, null, type, path);
        return path;
    }

    /// <summary>Finds the model or makes it.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="cache">Folder of all of them.</param>
    /// <param name="tokenizer">Folder with the tokenizer.</param>
    public static RandomModel Create(Shape shape, string cache, string tokenizer)
    {
        var folder = Path.Combine(cache, $"{shape.Name}-{shape.Config.ParameterCount()}");
        if (!Directory.Exists(folder))
        {
            var staging = folder + ".part";
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
            Directory.CreateDirectory(staging);
            using (var model = new CausalLanguageModel(shape.Config))
            {
                model.Initialize(seed: 1);
                HuggingFaceFolder.Save(staging, model, Tokenizer.Load(tokenizer), ScalarType.BFloat16);
            }

            Directory.Move(staging, folder);
        }

        return new RandomModel(shape, folder);
    }
}
