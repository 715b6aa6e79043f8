using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Audit;
using Platform.Domain.Keys;
using Platform.Domain.Usage;

namespace Platform.Domain.Persistence;

internal sealed class ServingConfiguration :
    IEntityTypeConfiguration<ApiKey>,
    IEntityTypeConfiguration<ApiKeyTask>,
    IEntityTypeConfiguration<EngineSession>,
    IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.Property(key => key.Name).HasMaxLength(128);
        builder.Property(key => key.Prefix).HasMaxLength(16);
        builder.Property(key => key.OldPrefix).HasMaxLength(16);
        builder.HasIndex(key => key.SecretHash).IsUnique();
        builder.HasIndex(key => key.OldSecretHash).IsUnique();
        builder.HasOne(key => key.Team).WithMany().HasForeignKey(key => key.TeamId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(key => key.Tasks).WithOne().HasForeignKey(task => task.KeyId);
    }

    public void Configure(EntityTypeBuilder<ApiKeyTask> builder)
    {
        builder.HasKey(task => new { task.KeyId, task.TaskId });
        builder.HasOne(task => task.Task).WithMany().HasForeignKey(task => task.TaskId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<EngineSession> builder)
    {
        builder.Property(session => session.Host).HasMaxLength(128);
        builder.Property(session => session.Server).HasMaxLength(128);
        builder.HasIndex(session => session.DeploymentId);
        builder.HasIndex(session => session.LastSeenAt);
    }

    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.Property(entry => entry.Action).HasMaxLength(64);
        builder.Property(entry => entry.EntityType).HasMaxLength(64);
        builder.Property(entry => entry.EntityId).HasMaxLength(64);
        builder.HasIndex(entry => entry.At);
        builder.HasIndex(entry => new { entry.EntityType, entry.EntityId });
    }
}
