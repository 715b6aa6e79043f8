namespace Platform.Engine.Kernels;

/// <summary>Work that falls into chunks which can be done in any order, by any thread.</summary>
internal abstract class ParallelWork
{
    /// <summary>Does one chunk.</summary>
    /// <param name="chunk">Its index.</param>
    /// <param name="thread">Index of the thread in its team, for scratch memory.</param>
    public abstract void Do(int chunk, int thread);
}

/// <summary>A fixed set of threads that share chunks of work; the caller is one of them.</summary>
/// <remarks>
/// A parallel region takes some microseconds, so idle threads spin for a moment before they sleep. Chunks are claimed one by one: a thread
/// that the operating system puts aside delays its own chunk only. One thread at a time may call <see cref="Run"/>.
/// </remarks>
internal sealed class ThreadTeam : IDisposable
{
    private const int SpinsBeforeSleep = 400; // of 20 pauses each: some 100 µs, longer than the gaps inside a step
    private const int PausesPerSpin = 20;

    // Waited on with Monitor.Wait: a SemaphoreSlim spins for a while of its own before it sleeps, and that processor is wanted by whoever brings the next work.
    private readonly object _bell = new();
    private int _rings;
    private readonly Thread[] _others;
    private Region _region = new(null, 0);
    private int _asleep;
    private volatile bool _isDisposed;

    /// <param name="threads">Threads, the caller included.</param>
    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _others = new Thread[threads - 1];
        for (var i = 0; i < _others.Length; i++)
        {
            var index = i + 1;
            _others[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"engine {index}" };
            _others[i].Start();
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Threads => _others.Length + 1;

    /// <summary>Threads that sleep until there is work.</summary>
    internal int Asleep => Volatile.Read(ref _asleep);

    /// <summary>Does all chunks and returns when the last one is done.</summary>
    /// <param name="work">The work.</param>
    /// <param name="chunks">Number of chunks.</param>
    public void Run(ParallelWork work, int chunks)
    {
        if (chunks <= 1 || _others.Length == 0)
        {
            for (var chunk = 0; chunk < chunks; chunk++)
                work.Do(chunk, 0);
            return;
        }

        var region = new Region(work, chunks);
        Volatile.Write(ref _region, region);
        Interlocked.MemoryBarrier(); // the region must be visible before the sleepers are counted
        if (Volatile.Read(ref _asleep) > 0)
            Ring(Interlocked.Exchange(ref _asleep, 0));
        region.Help(0);
        region.Wait();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        Ring(_others.Length);
        foreach (var thread in _others)
            thread.Join();
    }

    private void Work(int index)
    {
        var seen = Volatile.Read(ref _region);
        while (!_isDisposed)
        {
            var region = Next(seen);
            if (region is null)
                continue;
            seen = region;
            region.Help(index);
        }
    }

    /// <summary>The next region, or null after a sleep.</summary>
    private Region? Next(Region seen)
    {
        for (var spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            if (Volatile.Read(ref _region) is var region && region != seen)
                return region;
            Thread.SpinWait(PausesPerSpin);
        }

        Interlocked.Increment(ref _asleep);
        if (Volatile.Read(ref _region) is var late && late != seen && TryStayAwake())
            return late;
        if (!_isDisposed)
            WaitForRing();
        return null;
    }

    private void Ring(int sleepers)
    {
        lock (_bell)
        {
            _rings += sleepers;
            Monitor.PulseAll(_bell);
        }
    }

    private void WaitForRing()
    {
        lock (_bell)
        {
            while (_rings == 0)
                Monitor.Wait(_bell);
            _rings--;
        }
    }

    /// <summary>Takes back the announcement of a sleep; false when the bell has already been rung for it.</summary>
    private bool TryStayAwake()
    {
        var asleep = Volatile.Read(ref _asleep);
        while (asleep > 0)
        {
            var before = Interlocked.CompareExchange(ref _asleep, asleep - 1, asleep);
            if (before == asleep)
                return true;
            asleep = before;
        }

        return false;
    }

    private sealed class Region(ParallelWork? work, int chunks)
    {
        private int _next;
        private int _done;
        private Exception? _failure;

        public void Help(int thread)
        {
            for (var chunk = Claim(); chunk < chunks; chunk = Claim())
            {
                try
                {
                    work!.Do(chunk, thread);
                }
                catch (Exception e)
                {
                    _failure = e;
                }

                Interlocked.Increment(ref _done);
            }

            int Claim() => Interlocked.Increment(ref _next) - 1;
        }

        public void Wait()
        {
            var spinner = new SpinWait();
            while (Volatile.Read(ref _done) < chunks)
                spinner.SpinOnce(sleep1Threshold: -1);
            if (_failure is { } failure)
                throw new InvalidOperationException("A chunk of parallel work failed.", failure);
        }
    }
}
