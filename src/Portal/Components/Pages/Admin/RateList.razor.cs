using System.Globalization;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class RateList
{
    private DataView<RatePage>? data;
    private FieldErrors errors = new([]);
    private Rate? correcting;
    private string? corrected;
    private decimal price = 2;
    private string? currency = "USD";
    private string? starts;
    private bool busy;

    [Inject]
    public required RateBook Book { get; set; }

    [Inject]
    public required IdleRules Idle { get; set; }

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required ViewerTime Times { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    private async Task<Result<RatePage>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("see the rates") is { } refusal)
            return refusal;
        return new RatePage(
            await Book.HistoryAsync(cancellationToken), (await Idle.ListAsync(cancellationToken))[0], await Catalog.ListAsync(actor, archivedToo: false, cancellationToken));
    }

    private void Correct(Rate rate) => (correcting, corrected) = (rate, null);

    private async Task ShowAsync(RateCorrection done)
    {
        correcting = null;
        corrected = done.Adjustments == 0
            ? "The rate is corrected. Nothing was billed by it yet."
            : $"The rate is corrected: {Formats.Count(done.Adjustments)} adjustments, together {string.Join(" and ", done.Amounts.Select(Formats.Cost))}.";
        await data!.ReloadAsync();
    }

    private async Task AddAsync()
    {
        busy = true;
        var start = DateOnly.TryParseExact(starts, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
            : Clock.GetUtcNow();
        var added = await Actors.RunAsync(
            (actor, cancellation) => Book.SetAsync(actor, start, price, (currency ?? "").Trim().ToUpperInvariant(), cancellation), CancellationToken.None);
        busy = false;
        errors = new FieldErrors(added.Errors, "price_per_hour", "currency", "starts_at");
        if (added.IsSuccess)
            await data!.ReloadAsync();
    }

    private string StateOf(RateHistory history, Rate rate)
    {
        var now = Clock.GetUtcNow();
        if (!history.Effective.Contains(rate))
            return "Corrected";
        return rate == history.InForceAt(now) ? "In force" : rate.StartsAt > now ? "Planned" : "Past";
    }

    private string Start(Rate rate) => rate.StartsAt == DateTimeOffset.UnixEpoch ? "From the start" : Times.Text(rate.StartsAt);

    public sealed record RatePage(RateHistory History, IdleRule Idle, IReadOnlyList<TaskDefinition> Tasks);
}
