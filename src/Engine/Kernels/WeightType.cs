using System.Diagnostics.CodeAnalysis;

namespace Platform.Engine.Kernels;

/// <summary>How the weights of a matrix are stored for inference. Sums are always in float32.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "These are the field's names of the formats.")]
public enum WeightType
{
    /// <summary>4 bytes a weight; exact.</summary>
    Float32,

    /// <summary>2 bytes a weight; exact where the checkpoint is in bfloat16.</summary>
    BFloat16,

    /// <summary>8 bits a weight and one float32 scale for each 32 of an output: 9 bits in all, rounded to 1/254 of the largest of the 32.</summary>
    Int8,
}
