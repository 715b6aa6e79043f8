using Platform.Engine.Inference;
using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Tests.Inference;

/// <summary>A packed model with its memory, and passes over plain ids.</summary>
internal sealed unsafe class InferencePass : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly InferenceModel _model;
    private readonly KeyValueBlocks _blocks;
    private readonly ForwardPass _pass;
    private readonly HiddenStates _states;
    private int _nextBlock;

    public InferencePass(CausalLanguageModel model, WeightType? type = null, int blocks = 256, int threads = 1)
    {
        _team = new ThreadTeam(threads);
        _model = new InferenceModel(model, type);
        _blocks = new KeyValueBlocks(model.Config, blocks);
        _pass = new ForwardPass(_model, _blocks, _team);
        _states = new HiddenStates(_model, _team);
    }

    public InferenceModel Model => _model;

    /// <summary>Blocks for so many tokens, not used before.</summary>
    public int[] Blocks(int tokens) =>
        [.. Enumerable.Range(0, (tokens + KeyValueBlocks.Tokens - 1) / KeyValueBlocks.Tokens).Select(_ => _nextBlock++ % _blocks.Blocks)];

    /// <summary>Tokens that come after so many that were computed before, all of them wanted.</summary>
    public static SequenceTokens Chain(int[] ids, int computed, int[] blocks, InferenceAdapter? adapter = null) =>
        new(ids, computed, blocks, adapter) { Wanted = [.. Enumerable.Range(0, ids.Length)] };

    /// <summary>Logits of the wanted tokens, [wanted][V].</summary>
    public float[][] Run(params SequenceTokens[] sequences)
    {
        _pass.Run(sequences, _states);
        var logits = _states.Logits((0, _states.Count));
        return [.. Enumerable.Range(0, _states.Count).Select(row => new Span<float>(logits + (row * _states.LogitStride), _model.Config.VocabularySize).ToArray())];
    }

    /// <summary>Logits of all positions of a sequence that is computed in one go.</summary>
    public float[][] Logits(int[] ids, InferenceAdapter? adapter = null) => Run(Chain(ids, 0, Blocks(ids.Length), adapter));

    public void Dispose()
    {
        _states.Dispose();
        _pass.Dispose();
        _blocks.Dispose();
        _model.Dispose();
        _team.Dispose();
    }
}
