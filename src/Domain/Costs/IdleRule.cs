namespace Platform.Domain.Costs;

/// <summary>Who pays for the time in which the device waits.</summary>
public enum IdleSharing
{
    /// <summary>All tasks that are served pay the same.</summary>
    Even,

    /// <summary>Tasks pay by the device time that they used on the day.</summary>
    ByUse,

    /// <summary>Tasks pay by the part of the device that is reserved for them.</summary>
    ByReservation,
}

/// <param name="Weight">Only the proportions count.</param>
public sealed record TaskReservation(Guid TaskId, int Weight);

/// <summary>How idle time is shared from a day on, until the next rule starts. Never changed after it was written.</summary>
public sealed class IdleRule
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>A day, UTC.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>0, and one more for each further rule of the same day; the highest is in force.</summary>
    public int Revision { get; init; }

    public required IdleSharing Sharing { get; init; }

    /// <summary>For <see cref="IdleSharing.ByReservation"/>; a task that is not named pays nothing.</summary>
    public IReadOnlyList<TaskReservation> Reservations { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedByName { get; init; }

    /// <summary>Before anybody chose one.</summary>
    public static IdleRule First { get; } = new()
    {
        StartsAt = DateTimeOffset.UnixEpoch,
        Sharing = IdleSharing.Even,
        CreatedAt = DateTimeOffset.UnixEpoch,
        CreatedByName = "first start",
    };
}
