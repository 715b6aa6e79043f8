using System.Globalization;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Admin;

public sealed partial class RateList
{
    private DataView<IReadOnlyList<Rate>>? data;
    private FieldErrors errors = new([]);
    private decimal price = 2;
    private string? currency = "USD";
    private string? starts;
    private bool busy;

    [Inject]
    public required RateBook Book { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    private async Task<Result<IReadOnlyList<Rate>>> LoadAsync(Actor actor, CancellationToken cancellationToken) =>
        actor.RefuseUnlessAdmin("see the rates") is { } refusal ? refusal : Result.Success(await Book.ListAsync(cancellationToken));

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
}
