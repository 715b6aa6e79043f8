using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <summary>The store cannot be asked just now. What needs it is neither done nor failed: it is to be tried again.</summary>
public sealed class StoreUnavailableException(Error error) : IOException(error.Message)
{
    /// <returns>The result, which says something about the artifact.</returns>
    /// <exception cref="StoreUnavailableException">It says only that nothing could be known.</exception>
    public static T Known<T>(T result)
        where T : Result => result.IsSuccess || result.Error.Code is StorageErrors.AbsentCode or StorageErrors.DamagedCode ? result : throw new StoreUnavailableException(result.Error);
}
