using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Datasets.Intakes;

namespace Platform.Domain.Persistence;

internal sealed class IntakeConfiguration : IEntityTypeConfiguration<DatasetIntake>
{
    public void Configure(EntityTypeBuilder<DatasetIntake> builder)
    {
        builder.ToTable("DatasetIntakes");
        builder.Property(intake => intake.Files).HasJsonList().HasColumnName("FilesJson");
        builder.Property(intake => intake.Columns).HasJsonList().HasColumnName("ColumnsJson");
        builder.Property(intake => intake.Problems).HasJsonList().HasColumnName("ProblemsJson");
        builder.Property(intake => intake.StartedByName).HasMaxLength(256);
        builder.Property(intake => intake.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(intake => new { intake.TaskId, intake.Status });
        builder.HasIndex(intake => intake.Status);
        builder.HasOne(intake => intake.Task).WithMany().HasForeignKey(intake => intake.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(intake => intake.DatasetVersion).WithMany().HasForeignKey(intake => intake.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.Ignore(intake => intake.IsOver);
        builder.Ignore(intake => intake.SizeBytes);
    }
}
