using Platform.Engine.Inference;

namespace Platform.EngineBench.Engines;

/// <summary>Working memory for passes of one model with one team of threads.</summary>
internal sealed unsafe class PackedRun : IDisposable
{
    private readonly InferenceModel _model;
    private readonly KeyValueBlocks _blocks;
    private readonly ForwardPass _pass;
    private readonly HiddenStates _states;

    public PackedRun(PackedEngine engine, int blocks)
    {
        _model = engine.Model;
        _blocks = new KeyValueBlocks(_model.Config, blocks);
        _pass = new ForwardPass(_model, _blocks, engine.Team);
        _states = new HiddenStates(_model, engine.Team);
    }

    /// <summary>Runs a pass and the head on the wanted tokens.</summary>
    public Logits Next(IReadOnlyList<SequenceTokens> sequences)
    {
        _pass.Run(sequences, _states);
        return new Logits(_states.Logits((0, _states.Count)), _states.LogitStride, _model.Config.VocabularySize);
    }

    /// <summary>Copies keys and values of one sequence's blocks to another's.</summary>
    public void Copy(int[] from, int[] to)
    {
        var bytes = 2L * KeyValueBlocks.Tokens * _blocks.HeadSize * sizeof(float);
        for (var layer = 0; layer < _model.Config.Layers; layer++)
        {
            for (var head = 0; head < _model.Config.KeyValueHeads; head++)
            {
                for (var block = 0; block < from.Length; block++)
                    Buffer.MemoryCopy(_blocks.Keys(layer, from[block], head), _blocks.Keys(layer, to[block], head), bytes, bytes);
            }
        }
    }

    public void Dispose()
    {
        _states.Dispose();
        _pass.Dispose();
        _blocks.Dispose();
    }

    /// <summary>Logits of the wanted tokens, valid until the next pass.</summary>
    public readonly ref struct Logits(float* first, int stride, int vocabulary)
    {
        private readonly float* _first = first;
        private readonly int _stride = stride;
        private readonly int _vocabulary = vocabulary;

        public ReadOnlySpan<float> this[int row] => new(_first + ((nint)row * _stride), _vocabulary);
    }
}
