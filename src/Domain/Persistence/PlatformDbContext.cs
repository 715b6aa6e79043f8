using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Platform.Domain.Audit;
using Platform.Domain.Batches;
using Platform.Domain.Budgets;
using Platform.Domain.Costs;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Deployments;
using Platform.Domain.Fleet;
using Platform.Domain.Idempotency;
using Platform.Domain.Invitations;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Organisations;
using Platform.Domain.Playground;
using Platform.Domain.Rates;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Sampling;
using Platform.Domain.Savings;
using Platform.Domain.Tasks;
using Platform.Domain.Tasks.Labels;
using Platform.Domain.Teams;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Domain.WhatIf;

namespace Platform.Domain.Persistence;

/// <summary>All of the platform's tables, Identity's among them.</summary>
public sealed class PlatformDbContext(DbContextOptions<PlatformDbContext> options)
    : IdentityDbContext<User, IdentityRole<Guid>, Guid>(options)
{
    public DbSet<Team> Teams => Set<Team>();

    public DbSet<TeamMember> TeamMembers => Set<TeamMember>();

    public DbSet<Organisation> Organisations => Set<Organisation>();

    public DbSet<Invitation> Invitations => Set<Invitation>();

    public DbSet<TaskDefinition> Tasks => Set<TaskDefinition>();

    public DbSet<DatasetVersion> DatasetVersions => Set<DatasetVersion>();

    public DbSet<DatasetIntake> DatasetIntakes => Set<DatasetIntake>();

    public DbSet<DatasetRevision> DatasetRevisions => Set<DatasetRevision>();

    public DbSet<LabelSet> LabelSets => Set<LabelSet>();

    public DbSet<PlaygroundQuestion> PlaygroundQuestions => Set<PlaygroundQuestion>();

    public DbSet<LabelPin> LabelPins => Set<LabelPin>();

    public DbSet<FineTuningRun> Runs => Set<FineTuningRun>();

    public DbSet<RunTask> RunTasks => Set<RunTask>();

    public DbSet<RunStep> RunSteps => Set<RunStep>();

    public DbSet<RunMetric> RunMetrics => Set<RunMetric>();

    public DbSet<RunEvent> RunEvents => Set<RunEvent>();

    public DbSet<ForecastRequest> ForecastRequests => Set<ForecastRequest>();

    public DbSet<FilterContest> FilterContests => Set<FilterContest>();

    public DbSet<BaselineResult> BaselineResults => Set<BaselineResult>();

    public DbSet<WhatIfEstimate> WhatIfEstimates => Set<WhatIfEstimate>();

    public DbSet<ModelVersion> ModelVersions => Set<ModelVersion>();

    public DbSet<TaskEvaluation> TaskEvaluations => Set<TaskEvaluation>();

    public DbSet<Deployment> Deployments => Set<Deployment>();

    public DbSet<TaskSignOff> TaskSignOffs => Set<TaskSignOff>();

    public DbSet<TaskPin> TaskPins => Set<TaskPin>();

    public DbSet<TrialComparison> TrialComparisons => Set<TrialComparison>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<KeyAllowance> KeyAllowances => Set<KeyAllowance>();

    public DbSet<ApiKeyTask> ApiKeyTasks => Set<ApiKeyTask>();

    public DbSet<StoredFile> Files => Set<StoredFile>();

    public DbSet<Batch> Batches => Set<Batch>();

    public DbSet<SamplingRule> SamplingRules => Set<SamplingRule>();

    public DbSet<RequestSample> RequestSamples => Set<RequestSample>();

    public DbSet<UsageRecord> UsageRecords => Set<UsageRecord>();

    public DbSet<UsageRollup> UsageRollups => Set<UsageRollup>();

    public DbSet<LatencyRollup> LatencyRollups => Set<LatencyRollup>();

    public DbSet<UsageAdjustment> UsageAdjustments => Set<UsageAdjustment>();

    public DbSet<EngineSession> EngineSessions => Set<EngineSession>();

    public DbSet<HostProcess> HostProcesses => Set<HostProcess>();

    public DbSet<Rate> Rates => Set<Rate>();

    public DbSet<IdleRule> IdleRules => Set<IdleRule>();

    public DbSet<Budget> Budgets => Set<Budget>();

    public DbSet<BudgetAccount> BudgetAccounts => Set<BudgetAccount>();

    public DbSet<BudgetLease> BudgetLeases => Set<BudgetLease>();

    public DbSet<IdempotentRequest> IdempotentRequests => Set<IdempotentRequest>();

    public DbSet<SavingMeasurement> SavingMeasurements => Set<SavingMeasurement>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        RefuseChangedHistory();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        RefuseChangedHistory();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixTimeConverter>();
        configurationBuilder.Properties<Enum>().HaveConversion<string>().HaveMaxLength(32);
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(PlatformDbContext).Assembly);

        // Our entities make their own ids (version 7), so a child with an id that is added to a loaded parent is new, not known.
        foreach (var entity in builder.Model.GetEntityTypes())
            if (entity.ClrType.Assembly == typeof(PlatformDbContext).Assembly && entity.FindProperty("Id") is { } id && id.ClrType == typeof(Guid))
                id.ValueGenerated = ValueGenerated.Never;

        // Text is ordered and compared byte by byte, as SQLite does, whatever language a cluster was set up for.
        if (Database.IsNpgsql())
            foreach (var property in builder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()).Where(property => property.ClrType == typeof(string)))
                property.SetCollation("C");
    }

    private void RefuseChangedHistory()
    {
        foreach (var entry in ChangeTracker.Entries())
            if (entry is { Entity: AuditEntry or UsageRecord or UsageAdjustment or Rate or IdleRule, State: EntityState.Modified or EntityState.Deleted })
                throw new InvalidOperationException($"{entry.Metadata.ClrType.Name} rows are append-only: they are never changed or deleted.");
    }
}
