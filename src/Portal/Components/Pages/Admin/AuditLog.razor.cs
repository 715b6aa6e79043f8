using Microsoft.AspNetCore.Components;
using Platform.Domain.Audit;
using Platform.Domain.Budgets;
using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Invitations;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Portal.Audits;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class AuditLog
{
    private const int PageSize = 100;

    private static readonly (string Type, string Label)[] Types =
    [
        (nameof(TaskDefinition), "Tasks"), (nameof(DatasetVersion), "Data"), (nameof(FineTuningRun), "Runs"), (nameof(ModelVersion), "Model versions"),
        (nameof(Deployment), "Deployments"), (nameof(ApiKey), "API keys"), (nameof(Rate), "Rates"), (nameof(Budget), "Budgets"), (nameof(User), "Users"), (nameof(Invitation), "Invitations"), (nameof(Team), "Teams"), (nameof(AuditEntry), "Exports of this log"),
    ];

    [Inject]
    public required AuditTrail Trail { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? To { get; set; }

    [SupplyParameterFromQuery]
    public string? Who { get; set; }

    [SupplyParameterFromQuery]
    public string? What { get; set; }

    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private AuditChoice Choice => new(From, To, Who, What);

    /// <summary>One more than a page: it says whether there are older entries.</summary>
    private AuditFilter Filter => Choice.Filter(Pager.Before(Page, PageSize), PageSize + 1);

    private async Task<Result<IReadOnlyList<AuditEntry>>> LoadAsync(Actor actor, CancellationToken cancellationToken) =>
        actor.RefuseUnlessAdmin("read the audit log") is { } refusal ? refusal : Result.Success(await Trail.ReadAsync(Filter, cancellationToken));

    private void Ask(string parameter, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrEmpty(value) ? null : value, ["page"] = null }), replace: true);
}
