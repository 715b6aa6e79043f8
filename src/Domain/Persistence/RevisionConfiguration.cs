using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Keys;
using Platform.Domain.Playground;
using Platform.Domain.Tasks.Labels;

namespace Platform.Domain.Persistence;

internal sealed class RevisionConfiguration : IEntityTypeConfiguration<DatasetRevision>, IEntityTypeConfiguration<LabelSet>, IEntityTypeConfiguration<LabelPin>, IEntityTypeConfiguration<PlaygroundQuestion>
{
    public void Configure(EntityTypeBuilder<DatasetRevision> builder)
    {
        builder.ToTable("DatasetRevisions");
        builder.Property(revision => revision.Rows).HasJsonList().HasColumnName("RowsJson");
        builder.Property(revision => revision.ExcludedProblems).HasJsonList().HasColumnName("ExcludedProblemsJson");
        builder.Property(revision => revision.Labels).HasJsonList().HasColumnName("LabelsJson");
        builder.Property(revision => revision.CreatedByName).HasMaxLength(256);
        builder.Property(revision => revision.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(revision => new { revision.BaseVersionId, revision.Status });
        builder.HasIndex(revision => revision.Status);
        builder.HasOne(revision => revision.Task).WithMany().HasForeignKey(revision => revision.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(revision => revision.BaseVersion).WithMany().HasForeignKey(revision => revision.BaseVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(revision => revision.ResultVersion).WithMany().HasForeignKey(revision => revision.ResultVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.Ignore(revision => revision.IsOver);
        builder.Ignore(revision => revision.IsEmpty);
    }

    public void Configure(EntityTypeBuilder<LabelSet> builder)
    {
        builder.ToTable("LabelSets");
        builder.Property(set => set.Labels).HasJsonList().HasColumnName("LabelsJson");
        builder.Property(set => set.Changes).HasJsonList().HasColumnName("ChangesJson");
        builder.Property(set => set.CreatedByName).HasMaxLength(256);
        builder.HasIndex(set => new { set.TaskId, set.Number }).IsUnique();
        builder.HasOne(set => set.Task).WithMany().HasForeignKey(set => set.TaskId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<LabelPin> builder)
    {
        builder.ToTable("LabelPins");
        builder.HasKey(pin => new { pin.KeyId, pin.TaskId });
        builder.HasOne<ApiKey>().WithMany().HasForeignKey(pin => pin.KeyId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PlaygroundQuestion> builder)
    {
        builder.ToTable("PlaygroundQuestions");
        builder.Property(question => question.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(question => question.GroupId);
        builder.HasIndex(question => question.Status);
        builder.HasIndex(question => question.AskedAt);
        builder.HasOne(question => question.Task).WithMany().HasForeignKey(question => question.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(question => question.ModelVersion).WithMany().HasForeignKey(question => question.ModelVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.Ignore(question => question.IsOver);
    }
}
