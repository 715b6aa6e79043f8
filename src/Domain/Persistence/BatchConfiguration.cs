using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Batches;
using Platform.Domain.Keys;
using Platform.Domain.Teams;

namespace Platform.Domain.Persistence;

internal sealed class BatchConfiguration : IEntityTypeConfiguration<StoredFile>, IEntityTypeConfiguration<Batch>
{
    public void Configure(EntityTypeBuilder<StoredFile> builder)
    {
        builder.ToTable("Files");
        builder.Property(file => file.Name).HasMaxLength(256);
        builder.HasIndex(file => file.TeamId);
        builder.HasIndex(file => file.ExpiresAt);
        builder.HasOne<Team>().WithMany().HasForeignKey(file => file.TeamId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<ApiKey>().WithMany().HasForeignKey(file => file.KeyId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<Batch> builder)
    {
        builder.Property(batch => batch.Endpoint).HasMaxLength(128);
        builder.Property(batch => batch.ClaimOwner).HasMaxLength(128);
        builder.Property(batch => batch.Problems).HasJsonList();
        builder.HasIndex(batch => batch.TeamId);
        builder.HasIndex(batch => batch.Status);
        builder.HasOne<Team>().WithMany().HasForeignKey(batch => batch.TeamId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<ApiKey>().WithMany().HasForeignKey(batch => batch.KeyId).OnDelete(DeleteBehavior.Restrict);
    }
}
