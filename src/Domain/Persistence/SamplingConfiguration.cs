using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Sampling;
using Platform.Domain.Tasks;

namespace Platform.Domain.Persistence;

internal sealed class SamplingConfiguration : IEntityTypeConfiguration<SamplingRule>, IEntityTypeConfiguration<RequestSample>
{
    public void Configure(EntityTypeBuilder<SamplingRule> builder)
    {
        builder.HasKey(rule => rule.TaskId);
        builder.HasOne<TaskDefinition>().WithOne().HasForeignKey<SamplingRule>(rule => rule.TaskId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<RequestSample> builder)
    {
        builder.Property(sample => sample.RequestId).HasMaxLength(128);
        builder.HasIndex(sample => new { sample.TaskId, sample.SampledAt });
        builder.HasOne<TaskDefinition>().WithMany().HasForeignKey(sample => sample.TaskId).OnDelete(DeleteBehavior.Restrict);
    }
}
