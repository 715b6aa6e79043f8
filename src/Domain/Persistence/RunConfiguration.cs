using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.WhatIf;
using Platform.Domain.Runs.Forecasts;

namespace Platform.Domain.Persistence;

internal sealed class RunConfiguration :
    IEntityTypeConfiguration<FineTuningRun>,
    IEntityTypeConfiguration<RunTask>,
    IEntityTypeConfiguration<WhatIfEstimate>,
    IEntityTypeConfiguration<RunStep>,
    IEntityTypeConfiguration<RunMetric>,
    IEntityTypeConfiguration<RunEvent>,
    IEntityTypeConfiguration<FilterContest>,
    IEntityTypeConfiguration<ForecastRequest>,
    IEntityTypeConfiguration<BaselineResult>
{
    public void Configure(EntityTypeBuilder<FineTuningRun> builder)
    {
        builder.ToTable("Runs");
        builder.Property(run => run.Name).HasMaxLength(128);
        builder.Property(run => run.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(run => run.Number).IsUnique();
        builder.HasIndex(run => run.Status);
        builder.HasMany(run => run.Tasks).WithOne().HasForeignKey(task => task.RunId);
        builder.HasMany(run => run.Steps).WithOne().HasForeignKey(step => step.RunId);
    }

    public void Configure(EntityTypeBuilder<RunTask> builder)
    {
        builder.HasIndex(task => new { task.RunId, task.TaskId }).IsUnique();
        builder.HasOne(task => task.Task).WithMany().HasForeignKey(task => task.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(task => task.DatasetVersion).WithMany().HasForeignKey(task => task.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(task => task.DecidedByName).HasMaxLength(256);
    }

    public void Configure(EntityTypeBuilder<WhatIfEstimate> builder)
    {
        builder.Property(estimate => estimate.ClaimOwner).HasMaxLength(128);
        builder.Property(estimate => estimate.RequestedByName).HasMaxLength(256);
        builder.HasIndex(estimate => estimate.TaskId);
        builder.HasIndex(estimate => estimate.Status);
        builder.HasOne(estimate => estimate.Task).WithMany().HasForeignKey(estimate => estimate.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(estimate => estimate.DatasetVersion).WithMany().HasForeignKey(estimate => estimate.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(estimate => estimate.Run).WithMany().HasForeignKey(estimate => estimate.RunId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<RunStep> builder)
    {
        builder.HasIndex(step => new { step.RunId, step.Ordinal }).IsUnique();
        builder.Ignore(step => step.Progress);
    }

    public void Configure(EntityTypeBuilder<RunMetric> builder)
    {
        builder.Property(metric => metric.Name).HasMaxLength(64);
        builder.HasIndex(metric => new { metric.RunId, metric.StepId, metric.Name });
        builder.HasOne<FineTuningRun>().WithMany().HasForeignKey(metric => metric.RunId);
    }

    public void Configure(EntityTypeBuilder<RunEvent> builder)
    {
        builder.HasIndex(runEvent => new { runEvent.RunId, runEvent.Id });
        builder.HasOne<FineTuningRun>().WithMany().HasForeignKey(runEvent => runEvent.RunId);
    }

    public void Configure(EntityTypeBuilder<FilterContest> builder)
    {
        builder.Ignore(contest => contest.IsStanding);
        builder.Property(contest => contest.Reason).HasMaxLength(1000);
        builder.Property(contest => contest.DecisionReason).HasMaxLength(1000);
        builder.Property(contest => contest.ContestedByName).HasMaxLength(256);
        builder.Property(contest => contest.DecidedByName).HasMaxLength(256);
        builder.HasOne(contest => contest.Run).WithMany().HasForeignKey(contest => contest.RunId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(contest => contest.Task).WithMany().HasForeignKey(contest => contest.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(contest => contest.Status);

        // One at a time for a task in a run, whatever the code does. Both providers read this filter.
        builder.HasIndex(contest => new { contest.RunId, contest.TaskId }).IsUnique().HasFilter("\"Status\" = 'Open'").HasDatabaseName("IX_FilterContests_OneOpen");
    }

    public void Configure(EntityTypeBuilder<ForecastRequest> builder)
    {
        builder.Property(request => request.RecipeHash).HasMaxLength(64);
        builder.Property(request => request.SampleHash).HasMaxLength(64);
        builder.Property(request => request.ClaimOwner).HasMaxLength(128);
        builder.HasIndex(request => request.RecipeHash);
        builder.HasIndex(request => request.SampleHash);
        builder.HasIndex(request => request.Status);
    }

    public void Configure(EntityTypeBuilder<BaselineResult> builder)
    {
        builder.Property(result => result.BaseModelHash).HasMaxLength(64);
        builder.Property(result => result.RecipeHash).HasMaxLength(64);
        builder.HasIndex(result => new { result.DatasetVersionId, result.BaseModelHash, result.RecipeHash }).IsUnique();
    }
}
