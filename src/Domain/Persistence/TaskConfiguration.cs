using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Datasets;
using Platform.Domain.Tasks;

namespace Platform.Domain.Persistence;

internal sealed class TaskConfiguration : IEntityTypeConfiguration<TaskDefinition>, IEntityTypeConfiguration<DatasetVersion>
{
    public void Configure(EntityTypeBuilder<TaskDefinition> builder)
    {
        builder.ToTable("Tasks");
        builder.Property(task => task.Name).HasMaxLength(64);
        builder.Property(task => task.Metric).HasMaxLength(256);
        builder.Property(task => task.LatencyClass).HasDefaultValue(LatencyClass.Standard);
        builder.Property(task => task.Labels).HasJsonList();
        builder.HasIndex(task => task.Name).IsUnique();
        builder.HasOne(task => task.Team).WithMany().HasForeignKey(task => task.TeamId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<DatasetVersion> builder)
    {
        builder.Property(version => version.Sha256).HasMaxLength(64);
        builder.Property(version => version.Findings).HasJsonList().HasColumnName("FindingsJson");
        builder.Property(version => version.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(version => new { version.TaskId, version.Number }).IsUnique();
        builder.HasIndex(version => new { version.TaskId, version.Sha256 }).IsUnique();
        builder.HasIndex(version => version.Status);
        builder.HasOne(version => version.Task).WithMany().HasForeignKey(version => version.TaskId).OnDelete(DeleteBehavior.Restrict);
    }
}
