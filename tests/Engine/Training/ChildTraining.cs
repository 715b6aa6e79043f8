using System.Diagnostics;

namespace Platform.Engine.Tests.Training;

/// <summary>A training in a process of its own (tests/TrainingProcess), read line by line.</summary>
internal sealed class ChildTraining : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _events = [];
    private readonly List<string> _errors = [];

    /// <param name="arguments">Pairs name=value.</param>
    public ChildTraining(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "Platform.TrainingProcess.dll")))
            start.ArgumentList.Add(argument);
        // A file limit would otherwise meet the compiler's own memory file.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += TakeError;
        _process.BeginErrorReadLine();
    }

    /// <summary>SHA-256 of the trained weights, once it has ended well.</summary>
    public string? Weights { get; private set; }

    /// <summary>Its error, once it has ended badly.</summary>
    public string? Failure { get; private set; }

    /// <summary>Last update that it told of, counted from its start.</summary>
    public int Updates { get; private set; }

    /// <summary>Sentences for a run's log.</summary>
    public IReadOnlyList<string> Events => _events;

    /// <summary>Losses and weights: equal for equal trainings.</summary>
    public List<string> Outcome { get; } = [];

    /// <summary>Runs a training to its end.</summary>
    public static async Task<ChildTraining> RunAsync(params IEnumerable<string> arguments)
    {
        var child = new ChildTraining(arguments);
        await child.EndAsync();
        return child;
    }

    /// <summary>Reads on until it is about to train, or has ended.</summary>
    public async Task ReadyAsync()
    {
        while (await ReadAsync() is { } line && line != "ready")
        {
        }
    }

    /// <summary>Reads on until it has made some more updates, or has ended.</summary>
    public async Task UpdatesAsync(int more)
    {
        for (var goal = Updates + more; Updates < goal && await ReadAsync() is not null;)
        {
        }
    }

    /// <summary>SIGKILL: the process gets no word in.</summary>
    /// <returns>Whether it was still at work.</returns>
    public async Task<bool> KillAsync()
    {
        _process.Kill();
        while (await ReadAsync() is not null)
        {
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return Weights is null && Failure is null;
    }

    /// <summary>Reads to the end.</summary>
    public async Task EndAsync()
    {
        while (await ReadAsync() is not null)
        {
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        lock (_errors)
            Assert.True(Weights is not null || Failure is not null, $"The training ended without a word: {string.Join('\n', _errors)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task<string?> ReadAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (line?.Split(' ', 2) is not [var what, var rest])
            return line;
        if (what == "update")
            Updates = int.Parse(rest, System.Globalization.CultureInfo.InvariantCulture);
        else if (what == "event")
            _events.Add(rest);
        else if (what == "failed")
            Failure = rest;
        else
            Outcome.Add(line);
        if (what == "weights")
            Weights = rest;
        return line;
    }

    private void TakeError(object sender, DataReceivedEventArgs line)
    {
        lock (_errors)
            _errors.Add(line.Data ?? "");
    }
}
