using System.Globalization;
using Platform.Domain.Results;

namespace Platform.Domain.Sampling;

public static class SamplingErrors
{
    public static Error ShareOutOfRange(double share) => Error.Invalid(
        "sampling_share_out_of_range", $"The share is {share.ToString("0.######", CultureInfo.InvariantCulture)}; it must be more than 0 and at most 1 (1 keeps every request).", "share");

    public static Error DaysOutOfRange(int days) => Error.Invalid(
        "sampling_days_out_of_range", $"Samples would be kept for {days} days; it must be 1 to {SamplingRules.LongestDays}.", "keep_days");

    public static Error Unknown(Guid id) => Error.NotFound("sample_unknown", $"The task has no sample '{id}'; it may have expired. List the task's samples to find one.", "sample");
}
