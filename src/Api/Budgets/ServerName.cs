using Platform.Domain.Claims;

namespace Platform.Api.Budgets;

/// <summary>This process, by a name that no other has: it holds leases of budgets, and its time is what is paid for.</summary>
internal sealed class ServerName
{
    public string Value { get; } = ClaimOwner.New("api").ToString();
}
