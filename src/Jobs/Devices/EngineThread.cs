using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Engine.Native;
using Platform.Jobs.Hosting;

namespace Platform.Jobs.Devices;

/// <summary>
/// The one thread of this process that touches tensors. Whoever waits for it gets plain values back, never a tensor; so models are
/// owned by one thread, and only one of them trains on the device at a time.
/// </summary>
public sealed class EngineThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Lazy<bool> ready;
    private readonly Thread thread;
    private readonly int? threads;

    public EngineThread(IOptions<EngineOptions> options)
    {
        threads = options.Value.Threads == 0 ? null : options.Value.Threads;
        ready = new Lazy<bool>(() =>
        {
            Prepare();
            Device = TorchRuntime.DefaultDevice().type.ToString().ToLowerInvariant();
            return true;
        });
        thread = new Thread(Work) { Name = "engine", IsBackground = true };
        thread.Start();
    }

    /// <summary>What it computes on, such as "cpu"; null until the first work.</summary>
    public string? Device { get; private set; }

    /// <summary>
    /// Makes the calling thread ready for tensors of its own, with as many threads for an operator as this one. For short work that must not wait behind a
    /// training, with a model that it loads itself and gives to nobody.
    /// </summary>
    public void Prepare() => TorchRuntime.Initialize(threads);

    /// <summary>Runs <paramref name="tensorWork"/> when the thread is free. It has to look at its own cancellation token.</summary>
    public Task<T> RunAsync<T>(Func<T> tensorWork, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() => Run(tensorWork, done, cancellationToken), cancellationToken);
        return done.Task;
    }

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    private void Work()
    {
        foreach (var next in work.GetConsumingEnumerable())
            next();
    }

    private void Run<T>(Func<T> tensorWork, TaskCompletionSource<T> done, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _ = ready.Value;
            done.SetResult(tensorWork());
        }
        catch (OperationCanceledException exception)
        {
            done.SetCanceled(exception.CancellationToken);
        }
        catch (Exception exception)
        {
            // Not swallowed: whoever asked for the work gets the exception.
            done.SetException(exception);
        }
    }
}
