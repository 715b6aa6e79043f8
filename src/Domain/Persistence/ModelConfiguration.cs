using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Deployments;
using Platform.Domain.Models;

namespace Platform.Domain.Persistence;

internal sealed class ModelConfiguration :
    IEntityTypeConfiguration<ModelVersion>,
    IEntityTypeConfiguration<TaskEvaluation>,
    IEntityTypeConfiguration<Deployment>,
    IEntityTypeConfiguration<TaskSignOff>,
    IEntityTypeConfiguration<TaskPin>,
    IEntityTypeConfiguration<TrialComparison>
{
    public void Configure(EntityTypeBuilder<ModelVersion> builder)
    {
        builder.Property(version => version.Sha256).HasMaxLength(64);
        builder.HasIndex(version => version.Number).IsUnique();
        builder.HasIndex(version => version.RunId).IsUnique();
        builder.HasOne(version => version.Run).WithMany().HasForeignKey(version => version.RunId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(version => version.Evaluations).WithOne().HasForeignKey(evaluation => evaluation.ModelVersionId);
    }

    public void Configure(EntityTypeBuilder<TaskEvaluation> builder)
    {
        builder.Property(evaluation => evaluation.Metric).HasMaxLength(256);
        builder.Property(evaluation => evaluation.ReportSha256).HasMaxLength(64);
        builder.HasIndex(evaluation => new { evaluation.ModelVersionId, evaluation.TaskId }).IsUnique();
        builder.HasOne(evaluation => evaluation.Task).WithMany().HasForeignKey(evaluation => evaluation.TaskId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<Deployment> builder)
    {
        builder.Property(deployment => deployment.EvidenceSha256).HasMaxLength(64);
        builder.Property(deployment => deployment.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(deployment => deployment.Number).IsUnique();
        builder.HasOne(deployment => deployment.ModelVersion).WithMany().HasForeignKey(deployment => deployment.ModelVersionId).OnDelete(DeleteBehavior.Restrict);

        // Never two live deployments, whatever the code does. Both providers read this filter.
        builder.HasIndex(deployment => deployment.Status).IsUnique().HasFilter("\"Status\" = 'Live'").HasDatabaseName("IX_Deployments_OneLive");
        builder.HasIndex(deployment => deployment.Status, "IX_Deployments_OneTrial").IsUnique().HasFilter("\"Status\" = 'Trial'");
        builder.Property(deployment => deployment.CertificateSha256).HasMaxLength(64);
        builder.Property(deployment => deployment.Upstream).HasMaxLength(64);
        builder.Property(deployment => deployment.TrialTasks).HasJsonList();
        builder.Ignore(deployment => deployment.Plan);
    }

    public void Configure(EntityTypeBuilder<TaskSignOff> builder)
    {
        builder.HasKey(signed => new { signed.DeploymentId, signed.TaskId });
        builder.Property(signed => signed.SignedByName).HasMaxLength(256);
        builder.HasOne<Deployment>().WithMany().HasForeignKey(signed => signed.DeploymentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(signed => signed.Task).WithMany().HasForeignKey(signed => signed.TaskId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<TaskPin> builder)
    {
        builder.HasKey(pin => pin.TaskId);
        builder.Property(pin => pin.PinnedByName).HasMaxLength(256);
        builder.HasOne(pin => pin.Task).WithMany().HasForeignKey(pin => pin.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(pin => pin.Deployment).WithMany().HasForeignKey(pin => pin.DeploymentId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<TrialComparison> builder)
    {
        builder.HasKey(comparison => new { comparison.DeploymentId, comparison.LiveId, comparison.TaskId });
        builder.HasOne(comparison => comparison.Task).WithMany().HasForeignKey(comparison => comparison.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Deployment>().WithMany().HasForeignKey(comparison => comparison.DeploymentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Deployment>().WithMany().HasForeignKey(comparison => comparison.LiveId).OnDelete(DeleteBehavior.Restrict);
    }
}
