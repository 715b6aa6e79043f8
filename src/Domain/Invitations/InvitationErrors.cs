using Platform.Domain.Results;

namespace Platform.Domain.Invitations;

public static class InvitationErrors
{
    public static Error EmailInvalid(string? email) => Error.Invalid("invitation_email_invalid", $"'{Shown(email)}' is no address that one can sign in with; write it as in mia@example.com.", "email");

    public static Error UserExists(string email) => Error.Conflict("invitation_user_exists", $"{email} has an account already. Give them a one-time password if theirs is lost.", "email");

    public static Error LifetimeInvalid() => Error.Invalid(
        "invitation_lifetime_invalid", $"An invitation lasts 1 hour to {InvitationBook.LongestLifetime.TotalDays:0} days; choose a time between.", "expires_at");

    public static Error TooMany(int most) => Error.Conflict("invitations_too_many", $"{most} invitations are open. Revoke those that nobody needs any more.");

    public static Error Unknown() => Error.NotFound("invitation_unknown", "There is no such invitation. Copy the whole link again, or ask your admin for a new one.");

    public static Error Unknown(Guid id) => Error.NotFound("invitation_unknown", $"There is no invitation {id}.", "invitation");

    public static Error NotOpen(Invitation invitation, DateTimeOffset now) => invitation.StatusAt(now) switch
    {
        InvitationStatus.Accepted => Error.Conflict("invitation_used", "This invitation was used already: each works once. Sign in with your password, or ask your admin for a one-time password."),
        InvitationStatus.Revoked => Error.Conflict("invitation_revoked", "This invitation was withdrawn or replaced by a newer one. Use the newest link, or ask your admin for one."),
        _ => Error.Conflict("invitation_expired", $"This invitation expired at {invitation.ExpiresAt:u}. Ask your admin for a new one."),
    };

    private static string Shown(string? text) => text is { Length: > 64 } ? text[..64] + "..." : text ?? "";
}
