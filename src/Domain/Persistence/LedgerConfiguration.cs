using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Budgets;
using Platform.Domain.Costs;
using Platform.Domain.Models;
using Platform.Domain.Rates;
using Platform.Domain.Savings;
using Platform.Domain.Usage;

namespace Platform.Domain.Persistence;

internal sealed class LedgerConfiguration :
    IEntityTypeConfiguration<UsageRecord>,
    IEntityTypeConfiguration<UsageRollup>,
    IEntityTypeConfiguration<LatencyRollup>,
    IEntityTypeConfiguration<UsageAdjustment>,
    IEntityTypeConfiguration<Rate>,
    IEntityTypeConfiguration<IdleRule>,
    IEntityTypeConfiguration<Budget>,
    IEntityTypeConfiguration<BudgetAccount>,
    IEntityTypeConfiguration<BudgetLease>,
    IEntityTypeConfiguration<SavingMeasurement>
{
    public void Configure(EntityTypeBuilder<UsageRecord> builder)
    {
        builder.Ignore(record => record.At);
        builder.Property(record => record.RequestId).HasMaxLength(128);
        builder.Property(record => record.Currency).HasMaxLength(3);
        builder.HasIndex(record => record.RequestId).IsUnique();
        builder.HasIndex(record => new { record.AtMicroseconds, record.TaskId });
    }

    public void Configure(EntityTypeBuilder<UsageRollup> builder)
    {
        builder.HasKey(sum => new { sum.Hours, sum.StartMicroseconds, sum.TaskId, sum.KeyId, sum.TeamId, sum.Currency });
        builder.Property(sum => sum.Currency).HasMaxLength(3);
    }

    public void Configure(EntityTypeBuilder<LatencyRollup> builder) => builder.HasKey(step => new { step.TaskId, step.StartMicroseconds, step.AtMostMicroseconds });

    public void Configure(EntityTypeBuilder<UsageAdjustment> builder)
    {
        builder.Ignore(entry => entry.At);
        builder.Property(entry => entry.Currency).HasMaxLength(3);
        builder.Property(entry => entry.Reason).HasMaxLength(1000);
        builder.Property(entry => entry.BookedByName).HasMaxLength(256);
        builder.HasIndex(entry => new { entry.AtMicroseconds, entry.TaskId });
    }

    public void Configure(EntityTypeBuilder<Rate> builder)
    {
        builder.Property(rate => rate.Currency).HasMaxLength(3);
        builder.Property(rate => rate.Reason).HasMaxLength(1000);
        builder.HasIndex(rate => new { rate.StartsAt, rate.Revision }).IsUnique();
    }

    public void Configure(EntityTypeBuilder<IdleRule> builder)
    {
        builder.Property(rule => rule.Reservations).HasJsonList();
        builder.Property(rule => rule.CreatedByName).HasMaxLength(256);
        builder.HasIndex(rule => new { rule.StartsAt, rule.Revision }).IsUnique();
    }

    public void Configure(EntityTypeBuilder<Budget> builder)
    {
        builder.Ignore(budget => budget.Limit);
        builder.Property(budget => budget.Currency).HasMaxLength(3);
        builder.Property(budget => budget.CreatedByName).HasMaxLength(256);

        // One of a kind at a time, whatever the code does. Both providers read this filter.
        builder.HasIndex(budget => new { budget.Scope, budget.ScopeId, budget.Period, budget.Kind }).IsUnique()
            .HasFilter("\"EndedAt\" IS NULL").HasDatabaseName("IX_Budgets_OneInForce");
    }

    public void Configure(EntityTypeBuilder<SavingMeasurement> builder)
    {
        builder.Property(measurement => measurement.MeasuredByName).HasMaxLength(256);
        builder.HasOne<ModelVersion>().WithMany().HasForeignKey(measurement => measurement.ModelVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(measurement => new { measurement.ModelVersionId, measurement.MeasuredAt });
    }

    public void Configure(EntityTypeBuilder<BudgetAccount> builder) => builder.HasKey(account => new { account.BudgetId, account.PeriodStart });

    public void Configure(EntityTypeBuilder<BudgetLease> builder)
    {
        builder.HasKey(lease => new { lease.BudgetId, lease.PeriodStart, lease.Server });
        builder.Property(lease => lease.Server).HasMaxLength(128);
    }
}
