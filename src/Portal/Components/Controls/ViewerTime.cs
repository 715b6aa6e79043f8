using System.Globalization;

namespace Platform.Portal.Components.Controls;

/// <summary>The zone of whoever looks at this circuit's pages; UTC until their browser has said it.</summary>
public sealed class ViewerTime
{
    private TimeZoneInfo? zone;

    /// <summary>The browser has said it.</summary>
    public event Action? Changed;

    /// <param name="name">As the browser calls it, such as Europe/Berlin. One that this machine does not know leaves UTC.</param>
    public void Use(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 64 || !TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) || found.Equals(zone))
            return;
        zone = found;
        Changed?.Invoke();
    }

    public string Text(DateTimeOffset at) => zone is null ? Formats.When(at) : Local(at, zone, "yyyy-MM-dd HH:mm");

    /// <summary>The time of day alone.</summary>
    public string Clock(DateTimeOffset at) => zone is null ? Formats.Clock(at) : Local(at, zone, "HH:mm:ss");

    /// <summary>Exact, in UTC, and in which zone the text is.</summary>
    public string Title(DateTimeOffset at)
    {
        var exact = at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
        return zone is null ? exact : $"{exact}; shown in {zone.Id}";
    }

    private static string Local(DateTimeOffset at, TimeZoneInfo zone, string format) => TimeZoneInfo.ConvertTime(at, zone).ToString(format, CultureInfo.InvariantCulture);
}
