using Platform.Domain.Results;

namespace Platform.Domain.Claims;

public static class ClaimErrors
{
    public const string LostCode = "claim_lost";

    public static Error Lost(Claim claim) => Error.Conflict(
        LostCode,
        $"'{claim.Owner}' no longer holds the claim {claim.Fence} on {claim.EntityId}: another process took over after missed heartbeats. Stop this work; nothing was written.");
}
