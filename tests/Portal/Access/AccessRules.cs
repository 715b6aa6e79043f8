namespace Platform.Portal.Tests.Access;

/// <summary>What somebody gets to see at an address.</summary>
public enum Outcome
{
    /// <summary>The page or the answer.</summary>
    Shown,

    /// <summary>As if what the address names did not exist.</summary>
    Missing,

    /// <summary>Told that they may not.</summary>
    Denied,

    /// <summary>Asked to sign in.</summary>
    SignIn,
}

/// <param name="Nobody">Signed out.</param>
/// <param name="Stranger">A member of another team.</param>
/// <param name="Member">A member of the team that owns the task.</param>
/// <param name="Admin">An admin who is in no team.</param>
public sealed record AccessRule(Outcome Nobody, Outcome Stranger, Outcome Member, Outcome Admin)
{
    /// <summary>For everybody.</summary>
    public static AccessRule Open { get; } = new(Outcome.Shown, Outcome.Shown, Outcome.Shown, Outcome.Shown);

    /// <summary>For all users; what it shows depends on who asks.</summary>
    public static AccessRule Users { get; } = Open with { Nobody = Outcome.SignIn };

    /// <summary>For the team that owns the task, and for admins; to all others the task does not exist.</summary>
    public static AccessRule Owners { get; } = Users with { Stranger = Outcome.Missing };

    public static AccessRule Admins { get; } = new(Outcome.SignIn, Outcome.Denied, Outcome.Denied, Outcome.Shown);

    public Outcome Of(string who) => who switch
    {
        nameof(Nobody) => Nobody,
        nameof(Stranger) => Stranger,
        nameof(Member) => Member,
        _ => Admin,
    };
}

/// <summary>The one table of who may see what in the portal. Whoever adds a page or a route adds its line here: without it the tests fail.</summary>
internal static class AccessRules
{
    /// <summary>By the page's address as its component has it.</summary>
    public static readonly IReadOnlyDictionary<string, AccessRule> Pages = new Dictionary<string, AccessRule>
    {
        ["/"] = AccessRule.Users,
        ["/admin/audit"] = AccessRule.Admins,
        ["/admin/fleet"] = AccessRule.Admins,
        ["/admin/rates"] = AccessRule.Admins,
        ["/admin/settings"] = AccessRule.Admins,
        ["/admin/users"] = AccessRule.Admins,
        ["/budgets"] = AccessRule.Users,
        ["/costs"] = AccessRule.Users,
        ["/denied"] = AccessRule.Open,
        ["/deployments"] = AccessRule.Users,
        ["/deployments/{Number:int}"] = AccessRule.Users,
        ["/error"] = AccessRule.Open,
        ["/invitation"] = AccessRule.Open,
        ["/keys"] = AccessRule.Users,
        ["/models"] = AccessRule.Users,
        ["/models/{Number:int}"] = AccessRule.Users,
        ["/models/{Number:int}/tasks/{TaskName}"] = AccessRule.Owners,
        ["/not-found"] = AccessRule.Open,
        ["/password"] = AccessRule.Users,
        ["/profile"] = AccessRule.Users,
        ["/profile/two-step"] = AccessRule.Users,
        ["/runs"] = AccessRule.Users,
        ["/runs/compare"] = AccessRule.Users,
        ["/runs/plan"] = AccessRule.Admins,
        ["/runs/{Number:int}"] = AccessRule.Users,
        ["/signin"] = AccessRule.Open,
        ["/signin/code"] = AccessRule.Open,
        ["/tasks"] = AccessRule.Users,
        ["/tasks/register"] = AccessRule.Users,
        ["/tasks/{Name}"] = AccessRule.Owners,
        ["/tasks/{Name}/code"] = AccessRule.Owners,
        ["/tasks/{Name}/data/{Number:int}"] = AccessRule.Owners,
        ["/tasks/{Name}/edit"] = AccessRule.Owners,
        ["/tasks/{Name}/labels"] = AccessRule.Owners,
        ["/tasks/{Name}/playground"] = AccessRule.Owners,
        ["/tasks/{Name}/samples"] = AccessRule.Owners,
        ["/tasks/{Name}/upload"] = AccessRule.Owners,
        ["/tasks/{Name}/uploads/{Id:guid}"] = AccessRule.Owners,
        ["/tasks/{Name}/usage"] = AccessRule.Owners,
        ["/usage"] = AccessRule.Users,
        ["/welcome"] = AccessRule.Admins,
    };

    /// <summary>By method and route.</summary>
    public static readonly IReadOnlyDictionary<string, AccessRule> Routes = new Dictionary<string, AccessRule>
    {
        ["GET /healthz"] = AccessRule.Open,
        ["GET /readyz"] = AccessRule.Open,
        ["GET /admin/audit.csv"] = AccessRule.Admins,
        ["GET /costs.csv"] = AccessRule.Users,
        ["GET /usage.csv"] = AccessRule.Users,
        ["GET /tasks/{name}/samples.jsonl"] = AccessRule.Owners,
        ["POST /tasks/{name}/datasets"] = AccessRule.Owners,
        ["POST /tasks/{name}/uploads"] = AccessRule.Owners,
        ["GET /tasks/{task}/usage.csv"] = AccessRule.Owners,
        ["GET /uploads/{id:guid}"] = AccessRule.Owners,
        ["PUT /uploads/{id:guid}/{split}"] = AccessRule.Owners,
        ["POST /uploads/{id:guid}/end"] = AccessRule.Owners,
        ["DELETE /uploads/{id:guid}"] = AccessRule.Owners,
        ["POST /signout"] = AccessRule.Open,
        ["POST /signout/others"] = AccessRule.Users,
        ["GET /signin/external"] = AccessRule.Open,
        ["GET /signin/external/done"] = AccessRule.Open,
    };
}
