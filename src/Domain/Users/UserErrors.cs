using Platform.Domain.Results;

namespace Platform.Domain.Users;

public static class UserErrors
{
    public static Error Unknown(string user) => Error.NotFound("user_unknown", $"There is no user '{user}'. List the users to find the address.", "user");

    public static Error Refused(string code, string description) => Error.Invalid("user_" + code.ToLowerInvariant(), description);
}
