using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Domain.Teams;

namespace Platform.Domain.Persistence;

internal sealed class TeamConfiguration : IEntityTypeConfiguration<Team>, IEntityTypeConfiguration<TeamMember>
{
    public void Configure(EntityTypeBuilder<Team> builder)
    {
        builder.Property(team => team.Name).HasMaxLength(64);
        builder.Property(team => team.DisplayName).HasMaxLength(128);
        builder.HasIndex(team => team.Name).IsUnique();
        builder.HasMany(team => team.Members).WithOne(member => member.Team).HasForeignKey(member => member.TeamId);
    }

    public void Configure(EntityTypeBuilder<TeamMember> builder)
    {
        builder.HasKey(member => new { member.TeamId, member.UserId });
        builder.HasOne(member => member.User).WithMany().HasForeignKey(member => member.UserId);
    }
}
