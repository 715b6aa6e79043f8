using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Prompts;
using Platform.Engine.Serving;
using Platform.Engine.Tokenization;

namespace Platform.Jobs.Runs;

/// <summary>A model with its tokenizer. Lives and dies on the engine's thread.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(CausalLanguageModel model, PromptBuilder prompts) => (Model, Prompts) = (model, prompts);

    public CausalLanguageModel Model { get; }

    public PromptBuilder Prompts { get; }

    public static LoadedModel Load(string folder)
    {
        var model = LoadWeights(folder);
        try
        {
            return new LoadedModel(model, new PromptBuilder(Tokenizer.Load(folder), MultiTaskModel.EndToken(model, folder)));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public static CausalLanguageModel LoadWeights(string folder) => HuggingFaceFolder.LoadModel(folder, TorchRuntime.DefaultDevice());

    public void Dispose() => Model.Dispose();
}
