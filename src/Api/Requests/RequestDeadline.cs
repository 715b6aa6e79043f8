using System.Globalization;
using Platform.Domain.Results;

namespace Platform.Api.Requests;

/// <summary>How long a caller can wait, as it says in a header. Without one the server's own limit holds.</summary>
internal static class RequestDeadline
{
    public const string Header = "X-Request-Deadline-Ms";

    private const int Longest = 3_600_000;

    public static Result<TimeSpan?> Read(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Header, out var values))
            return Result.Success<TimeSpan?>(null);
        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 1 and <= Longest
            ? Result.Success<TimeSpan?>(TimeSpan.FromMilliseconds(milliseconds))
            : Error.Invalid("deadline_invalid", $"The header {Header} must be a whole number of milliseconds from 1 to {Longest}, counted from the request's arrival; leave it out to wait as long as the server allows.", Header);
    }
}
