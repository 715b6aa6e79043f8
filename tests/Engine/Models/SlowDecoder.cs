namespace Platform.Engine.Tests.Models;

/// <summary>
/// The plain, slow reference: the families' forward pass as it is written in their papers and published code, in double arithmetic on
/// arrays, one position and one number at a time. It shares nothing with the engine.
/// </summary>
internal sealed class SlowDecoder(PublishedShape shape, IReadOnlyDictionary<string, float[]> weights)
{
    /// <summary>Logits of every position, [T][V].</summary>
    public double[][] Logits(int[] ids)
    {
        var hidden = ids.Select(id => Row("model.embed_tokens.weight", id, shape.Hidden)).ToArray();
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            var normed = hidden.Select(x => Norm(x, prefix + "input_layernorm.weight")).ToArray();
            Add(hidden, Attend(normed, prefix + "self_attn."));
            normed = [.. hidden.Select(x => Norm(x, prefix + "post_attention_layernorm.weight"))];
            Add(hidden, [.. normed.Select(x => FeedForward(x, prefix + "mlp."))]);
        }

        var head = shape.Tied ? "model.embed_tokens" : "lm_head";
        return [.. hidden.Select(x => Linear(Norm(x, "model.norm.weight"), head, shape.Vocabulary))];
    }

    private double[][] Attend(double[][] x, string prefix)
    {
        var (heads, size) = (shape.Heads, shape.HeadSize);
        var group = heads / shape.KeyValueHeads;
        var query = Heads("q_proj", heads, "q_norm", rotate: true);
        var key = Heads("k_proj", shape.KeyValueHeads, "k_norm", rotate: true);
        var value = Heads("v_proj", shape.KeyValueHeads, null, rotate: false);
        var mixed = x.Select(_ => new double[heads * size]).ToArray();
        for (var t = 0; t < x.Length; t++)
        {
            for (var h = 0; h < heads; h++)
            {
                var scores = Enumerable.Range(0, t + 1).Select(s => Dot(query[t][h], key[s][h / group]) / Math.Sqrt(size)).ToArray();
                var largest = scores.Max();
                var exponentials = scores.Select(score => Math.Exp(score - largest)).ToArray();
                for (var s = 0; s <= t; s++)
                {
                    for (var i = 0; i < size; i++)
                        mixed[t][h * size + i] += exponentials[s] / exponentials.Sum() * value[s][h / group][i];
                }
            }
        }

        return [.. mixed.Select(m => Linear(m, prefix + "o_proj", shape.Hidden))];

        double[][][] Heads(string name, int count, string? norm, bool rotate) => [.. x.Select((vector, position) =>
        {
            var all = Linear(vector, prefix + name, count * size);
            return Enumerable.Range(0, count).Select(h =>
            {
                var head = all[(h * size)..((h + 1) * size)];
                if (norm is not null && shape.Family == "qwen3")
                    head = Norm(head, $"{prefix}{norm}.weight");
                return rotate ? Rotate(head, position) : head;
            }).ToArray();
        })];
    }

    private double[] FeedForward(double[] x, string prefix)
    {
        var gate = Linear(x, prefix + "gate_proj", shape.Intermediate);
        var up = Linear(x, prefix + "up_proj", shape.Intermediate);
        return Linear([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], prefix + "down_proj", shape.Hidden);
    }

    private double[] Rotate(double[] head, int position)
    {
        var half = head.Length / 2;
        var rotated = new double[head.Length];
        for (var i = 0; i < half; i++)
        {
            var angle = position * Frequency(i);
            rotated[i] = head[i] * Math.Cos(angle) - head[i + half] * Math.Sin(angle);
            rotated[i + half] = head[i + half] * Math.Cos(angle) + head[i] * Math.Sin(angle);
        }

        return rotated;
    }

    private double Frequency(int pair)
    {
        var frequency = 1 / Math.Pow(shape.RopeTheta, 2.0 * pair / shape.HeadSize);
        if (shape.Scaling is not { } scaling)
            return frequency;
        if (scaling.Low is not { } low || scaling.High is not { } high)
            return frequency / scaling.Factor;
        // Rotations that fit the original context fewer than `low` times are slowed by the factor, more than `high` times kept; linear between.
        var rotations = scaling.OriginalContext * frequency / (2 * Math.PI);
        var kept = Math.Clamp((rotations - low) / (high - low), 0, 1);
        return frequency * kept + frequency / scaling.Factor * (1 - kept);
    }

    private double[] Norm(double[] x, string weight)
    {
        var scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + shape.Epsilon);
        return [.. x.Zip(weights[weight], (v, w) => v * scale * w)];
    }

    private double[] Linear(double[] x, string name, int outputs)
    {
        var matrix = weights[name + ".weight"];
        var bias = weights.GetValueOrDefault(name + ".bias");
        var y = new double[outputs];
        for (var o = 0; o < outputs; o++)
        {
            y[o] = bias?[o] ?? 0;
            for (var i = 0; i < x.Length; i++)
                y[o] += (double)matrix[o * x.Length + i] * x[i];
        }

        return y;
    }

    private double[] Row(string name, int row, int size) => [.. weights[name].AsSpan(row * size, size).ToArray().Select(v => (double)v)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static void Add(double[][] hidden, double[][] change)
    {
        foreach (var (x, y) in hidden.Zip(change))
        {
            for (var i = 0; i < x.Length; i++)
                x[i] += y[i];
        }
    }
}
