using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Fleet;

namespace Platform.Domain.Persistence;

internal sealed class FleetConfiguration : IEntityTypeConfiguration<HostProcess>
{
    public void Configure(EntityTypeBuilder<HostProcess> builder)
    {
        builder.HasKey(process => process.Name);
        builder.Property(process => process.Name).HasMaxLength(128);
        builder.Property(process => process.Machine).HasMaxLength(128);
        builder.Property(process => process.Build).HasMaxLength(128);
        builder.Property(process => process.Hardware).HasMaxLength(512);
        builder.Property(process => process.Device).HasMaxLength(128);
        builder.Property(process => process.Queues).HasJsonList();
        builder.Property(process => process.Problems).HasJsonList();
        builder.HasIndex(process => process.SeenAt);
    }
}
