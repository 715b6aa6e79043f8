using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Idempotency;

namespace Platform.Domain.Persistence;

internal sealed class IdempotencyConfiguration : IEntityTypeConfiguration<IdempotentRequest>
{
    public void Configure(EntityTypeBuilder<IdempotentRequest> builder)
    {
        builder.Property(request => request.Name).HasMaxLength(255);
        builder.Property(request => request.ContentHash).HasMaxLength(32);
        builder.Property(request => request.RequestId).HasMaxLength(128);
        builder.Property(request => request.Owner).HasMaxLength(64);
        builder.Property(request => request.ContentType).HasMaxLength(128);
        builder.HasIndex(request => new { request.KeyId, request.Name }).IsUnique();
        builder.HasIndex(request => request.StartedAt);
    }
}
