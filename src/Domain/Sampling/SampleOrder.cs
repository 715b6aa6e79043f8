namespace Platform.Domain.Sampling;

public enum SampleOrder
{
    Newest,

    /// <summary>Lowest score first: where a mistake is most likely.</summary>
    LeastCertain,
}
