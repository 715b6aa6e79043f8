using Microsoft.AspNetCore.Identity;
using Platform.Domain.Results;

namespace Platform.Domain.Users;

public static class UserErrors
{
    public static Error Unknown(string user) => Error.NotFound("user_unknown", $"There is no user '{user}'. List the users to find the address.", "user");

    public static Error NameInvalid() => Error.Invalid("user_name_invalid", $"The name that others see must have 1 to {AccountCreation.LongestName} characters, without line breaks.", "display_name");

    public static Error TwoStepIsOn() => Error.Conflict("two_step_is_on", "Two-step sign-in is on already. Switch it off first to use another app.");

    public static Error TwoStepIsOff() => Error.Conflict("two_step_is_off", "Two-step sign-in is off. Switch it on first.");

    public static Error CodeWrong() => Error.Invalid("code_wrong", "The code is wrong, was used already, or is too old. Wait for the app's next code, and see that the clock of your phone is right.", "code");

    public static Error PasswordWrong() => Error.Invalid("password_wrong", "The password is wrong. Type it again.", "password");

    public static Error Locked() => Error.Forbidden("account_locked", "This account is locked: for a few minutes after too many wrong passwords or codes, or by an admin. Wait, then try again, or ask an admin.");

    public static Error Deactivated() => Error.Forbidden("account_deactivated", "This account was deactivated. Ask an admin to open it again.");

    public static Error OwnAccount(string what) => Error.Forbidden("own_account", $"You cannot {what} your own account. Ask another admin.");

    public static Error ReasonMissing() => Error.Invalid("reason_missing", "Say why: the reason is kept in the audit log.", "reason");

    public static Error LastAdmin() => Error.Conflict("last_admin", "This is the only admin who can sign in. Make somebody else an admin first.");

    public static Error OwnReset() => Error.Forbidden("two_step_own_reset", "You cannot reset your own two-step sign-in. Switch it off in your profile, or ask another admin.");

    public static Error Refused(string code, string description) => Error.Invalid("user_" + code.ToLowerInvariant(), description);

    /// <summary>What Identity found; empty when all went well.</summary>
    internal static IReadOnlyList<Error> Of(IdentityResult result) =>
        result.Succeeded ? [] : [.. result.Errors.Select(error => Refused(error.Code, error.Description))];
}
