using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Keys;

namespace Platform.Domain.Persistence;

internal sealed class KeyAllowanceConfiguration : IEntityTypeConfiguration<KeyAllowance>
{
    public void Configure(EntityTypeBuilder<KeyAllowance> builder)
    {
        builder.HasKey(allowance => new { allowance.KeyId, allowance.Unit });
        builder.HasOne<ApiKey>().WithMany().HasForeignKey(allowance => allowance.KeyId).OnDelete(DeleteBehavior.Cascade);
    }
}
