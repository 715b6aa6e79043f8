namespace Platform.Domain.Results;

/// <summary>Success, or every problem found: a caller never has to mend one error only to meet the next.</summary>
public class Result
{
    private static readonly Result Done = new([]);

    protected Result(IReadOnlyList<Error> errors) => Errors = errors;

    public IReadOnlyList<Error> Errors { get; }

    public bool IsSuccess => Errors.Count == 0;

    public bool IsFailure => Errors.Count > 0;

    /// <summary>The first problem; throws on a success.</summary>
    public Error Error => IsFailure ? Errors[0] : throw new InvalidOperationException("A successful result has no error.");

    /// <summary>All problems, one a line.</summary>
    public string Summary => string.Join('\n', Errors.Select(error => error.Message));

    public static Result Success() => Done;

    public static Result<T> Success<T>(T value) => new(value, []);

    public static Result Failure(params IReadOnlyList<Error> errors) => new(Checked(errors));

    public static Result<T> Failure<T>(params IReadOnlyList<Error> errors) => new(default, Checked(errors));

    public static implicit operator Result(Error error) => Failure(error);

    private static IReadOnlyList<Error> Checked(IReadOnlyList<Error> errors) =>
        errors.Count > 0 ? errors : throw new ArgumentException("A failure names at least one error.", nameof(errors));
}

/// <summary>A value, or every problem that kept it from being.</summary>
public sealed class Result<T> : Result
{
    private readonly T? value;

    internal Result(T? value, IReadOnlyList<Error> errors) : base(errors) => this.value = value;

    /// <summary>Throws when the operation failed: look at <see cref="Result.IsSuccess"/> first.</summary>
    public T Value => IsSuccess ? value! : throw new InvalidOperationException($"The operation failed: {Summary}");

    public static implicit operator Result<T>(T value) => Success(value);

    public static implicit operator Result<T>(Error error) => Failure<T>(error);
}
