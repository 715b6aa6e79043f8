using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.EngineBench.Engines;

/// <summary>Our model on libtorch's operators, which training, evaluation and GPUs use.</summary>
internal sealed class TorchEngine : IEngine
{
    private readonly CausalLanguageModel _model;

    /// <param name="folder">Hugging Face folder.</param>
    /// <param name="dtype">Type of the weights in memory.</param>
    public TorchEngine(string folder, ScalarType dtype) =>
        (_model, Name) = (HuggingFaceFolder.LoadModel(folder, dtype: dtype), $"ours, libtorch {(dtype == ScalarType.BFloat16 ? "bf16" : "fp32")}");

    public string Name { get; }

    public CausalLanguageModel Model => _model;

    public void Begin(int threads) => set_num_threads(threads);

    public void End()
    {
    }

    public float[] Prefill(int[] ids) => _model.LastLogits(ids);

    public IDecoding Decode(int[] ids, int batch, int steps) => new Decoding(_model, ids, batch, steps);

    public void Dispose() => _model.Dispose();

    private sealed class Decoding : IDecoding
    {
        private readonly CausalLanguageModel _model;
        private readonly int[] _prompt;
        private readonly int _batch;
        private readonly int _steps;
        private KeyValueCache? _cache;
        private long[] _newest = [];

        public Decoding(CausalLanguageModel model, int[] prompt, int batch, int steps)
        {
            (_model, _prompt, _batch, _steps) = (model, prompt, batch, steps);
            Rewind();
        }

        public void Rewind()
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            _cache?.Dispose();
            _cache = new KeyValueCache(_model.Config, 1, _prompt.Length + _steps, _model.Device, _model.Dtype);
            var positions = arange(_prompt.Length, ScalarType.Int64).unsqueeze(0);
            var hidden = _model.Hidden(tensor(_prompt.Select(id => (long)id).ToArray()).unsqueeze(0), positions, null, _cache);
            var next = _model.Head(hidden.select(1, _prompt.Length - 1)).argmax(-1).item<long>();
            _newest = [.. Enumerable.Repeat(next, _batch)];
            _cache.Keep([.. Enumerable.Repeat(0L, _batch)]);
        }

        public void Step()
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var at = _cache!.Length;
            // As BatchDecoder does it: the mask is what keeps out the padding of shorter prompts.
            var mask = ones([_batch, 1, 1, at + 1], ScalarType.Bool);
            var hidden = _model.Hidden(tensor(_newest, [_batch, 1]), full([_batch, 1], at, ScalarType.Int64), mask, _cache);
            _newest = _model.Head(hidden.select(1, 0)).argmax(-1).data<long>().ToArray();
        }

        public void Dispose() => _cache?.Dispose();
    }
}
