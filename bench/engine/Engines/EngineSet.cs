using Platform.Engine.Exports;
using Platform.Engine.Kernels;
using Platform.Engine.Tokenization;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;
using static TorchSharp.torch;

namespace Platform.EngineBench.Engines;

/// <summary>Who takes part for one size; each is loaded when it is first needed.</summary>
internal sealed class EngineSet : IDisposable
{
    private readonly Lazy<RandomModel> _model;
    private readonly Lazy<Workload> _workload;
    private readonly Lazy<TorchEngine> _torch;
    private readonly Lazy<PackedEngine[]> _packed;
    private readonly Lazy<LlamaEngine[]> _llama;

    /// <param name="shape">Shape of the model.</param>
    /// <param name="cache">Folder of the random models.</param>
    /// <param name="tokenizer">Folder with the tokenizer.</param>
    /// <param name="withLlama">Whether llama.cpp could be loaded.</param>
    public EngineSet(Shape shape, string cache, string tokenizer, bool withLlama)
    {
        Shape = shape;
        _model = new(() => RandomModel.Create(shape, cache, tokenizer));
        _workload = new(() => new Workload(Tokenizer.Load(tokenizer)));
        _torch = new(() => new TorchEngine(_model.Value.Folder, Machine.HasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32));
        _packed = new(() => [new PackedEngine(Torch.Model, WeightType.BFloat16), new PackedEngine(Torch.Model, WeightType.Int8)]);
        _llama = new(() => withLlama ? [new LlamaEngine(_model.Value, GgufType.BF16), new LlamaEngine(_model.Value, GgufType.Q8)] : []);
    }

    public Shape Shape { get; }

    public RandomModel Model => _model.Value;

    public Workload Workload => _workload.Value;

    public TorchEngine Torch => _torch.Value;

    public IReadOnlyList<LlamaEngine> Llama => _llama.Value;

    /// <summary>With weights in bfloat16, the exact ones here, and with 8 bits.</summary>
    public IReadOnlyList<PackedEngine> Packed => _packed.Value;

    /// <summary>Pairs of the same type of weights.</summary>
    public static IReadOnlyList<Comparison> Pairs { get; } = [new("ours bf16", "llama.cpp BF16"), new("ours int8", "llama.cpp Q8_0")];

    /// <summary>Everyone who can prefill and decode.</summary>
    public IReadOnlyList<(IEngine Engine, Role Role)> All =>
        [(Torch, Role.Reference), .. Packed.Select(i => ((IEngine)i, Role.Ours)), .. Llama.Select(l => ((IEngine)l, Role.Peer))];

    /// <summary>A random prompt, the same in every run; no special tokens.</summary>
    public static int[] Prompt(int tokens)
    {
        var random = new Random(tokens);
        // Ids of the tokenizer's own tokens: the larger vocabularies are padded behind them.
        return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(300, 8_000))];
    }

    public void Dispose()
    {
        if (_packed.IsValueCreated)
            Array.ForEach(_packed.Value, i => i.Dispose());
        if (_torch.IsValueCreated)
            _torch.Value.Dispose();
        if (_llama.IsValueCreated)
            Array.ForEach(_llama.Value, l => l.Dispose());
    }
}
