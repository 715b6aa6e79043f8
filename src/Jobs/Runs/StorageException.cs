using Platform.Domain.Results;

namespace Platform.Jobs.Runs;

/// <summary>The artifact store refused a write; its error says why and what to do.</summary>
internal sealed class StorageException(Error error) : IOException(error.Message);
