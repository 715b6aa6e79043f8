using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Platform.Domain.Persistence;

internal sealed class UnixTimeConverter() : ValueConverter<DateTimeOffset, long>(
    value => UnixTime.ToMicroseconds(value),
    value => UnixTime.FromMicroseconds(value));
