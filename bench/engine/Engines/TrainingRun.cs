using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using Platform.EngineBench.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.EngineBench.Engines;

/// <summary>The product's own fine-tuning on a thread of its own, stopped between two updates until its next turn.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _stopped = new(0);
    private readonly Thread _thread;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-bench");
    private int _stepsLeft = 1; // the first update reserves memory and is not measured
    private long _tokens;
    private bool _isOver;
    private Exception? _failure;

    /// <param name="model">Hugging Face folder.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="precision">What the model computes in.</param>
    /// <param name="rank">Rank of the adapter; 0 for full training.</param>
    /// <param name="workload">What to train on.</param>
    /// <param name="batch">Examples of an update.</param>
    /// <param name="threads">Threads.</param>
    public TrainingRun(string model, Device device, TrainingPrecision precision, int rank, Workload workload, int batch, int threads)
    {
        _thread = new Thread(() => Train(model, device, precision, rank, workload, batch, threads)) { IsBackground = true };
        _thread.Start();
        Wait();
    }

    /// <summary>Makes updates.</summary>
    /// <param name="count">How many.</param>
    public Turn Steps(int count)
    {
        var before = _tokens;
        var turn = Turn.Once(1, () =>
        {
            _stepsLeft = count;
            _go.Release();
            Wait();
        });
        return turn with { Units = _tokens - before };
    }

    public void Dispose()
    {
        _isOver = true;
        _go.Release();
        _thread.Join();
        _folder.Delete(recursive: true);
        _go.Dispose();
        _stopped.Dispose();
    }

    private void Wait()
    {
        _stopped.Wait();
        if (_failure is not null)
            throw new InvalidOperationException("The training failed.", _failure);
    }

    private void Train(string folder, Device device, TrainingPrecision precision, int rank, Workload workload, int batch, int threads)
    {
        try
        {
            set_num_threads(threads);
            using var model = HuggingFaceFolder.LoadModel(folder, device);
            using var adapter = rank > 0 ? new LoraAdapter(model, rank, 2 * rank, seed: 1) : null;
            var options = new TrainingOptions { BatchExamples = batch, Precision = precision, Validations = 0, CheckpointInterval = TimeSpan.FromDays(1) };
            FineTuner.Run(
                model, adapter, workload.Prompts, [workload.Training(4 * batch)], [4_000L * batch], options, Path.Combine(_folder.FullName, "checkpoint"), "bench", AfterUpdate, default);
        }
        catch (EndOfBenchmarkException)
        {
        }
        catch (Exception e)
        {
            _failure = e;
            _stopped.Release();
        }
    }

    private void AfterUpdate(FineTuningProgress progress)
    {
        if (progress.Event is not null || --_stepsLeft > 0)
            return;
        _tokens = progress.TokensDone;
        _stopped.Release();
        _go.Wait();
        // Thrown instead of cancelled: a cancelled training would first write its checkpoint.
        if (_isOver)
            throw new EndOfBenchmarkException();
    }

    private sealed class EndOfBenchmarkException : Exception;
}
