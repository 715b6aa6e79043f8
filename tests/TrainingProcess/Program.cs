using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Pretraining;
using Platform.Engine.Tests;
using Platform.Engine.Training;

// Trains the tiny model and says on standard output how far it is: "ready", "update N", "event SENTENCE", at the end "weights SHA-256"
// or "failed TYPE MESSAGE". Arguments are name=value pairs.
var given = args.Select(argument => argument.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
long Number(string name, long otherwise) => given.TryGetValue(name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;

TorchRuntime.Initialize((int)Number("threads", 1));
var interval = TimeSpan.FromSeconds(Number("interval", 0));
var updates = 0;
var isQuiet = false;
using var model = TinyModel.Create(Number("seed", 3));
try
{
    Say("ready");
    if (Number("megabytes", 0) is > 0 and var megabytes)
        TakeMemoryAway(megabytes);
    var weights = given["kind"] switch
    {
        "pretraining" => Pretrain(),
        var kind => FineTune(kind == "adapter"),
    };
    Say($"weights {weights}");
    return 0;
}
catch (Exception exception)
{
    Say($"failed {exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}");
    return 1;
}

string FineTune(bool withAdapter)
{
    var options = new TrainingOptions
    {
        LearningRate = 5e-3,
        BatchExamples = (int)Number("batch", 4),
        MaxTokens = 48,
        MicroBatchTokens = (int)Number("micro", 2048),
        Validations = (int)Number("validations", 6),
        EarlyStopPatience = 0,
        CheckpointInterval = interval,
        Seed = Number("seed", 3),
    };
    using var adapter = withAdapter ? new LoraAdapter(model, new LoraOptions { Rank = 4, Dropout = 0.1, Seed = options.Seed }) : null;
    var examples = Number("updates", 40) * options.BatchExamples;
    var result = FineTuner.Run(
        model, adapter, TinyModel.Prompts, [TinyModel.ColourTask(), TinyModel.EchoTask()], [examples / 2, examples - (examples / 2)],
        options, given["path"], given.GetValueOrDefault("identity", "test"), progress => Report(progress.Event), CancellationToken.None);
    foreach (var (task, loss) in result.ValidationLosses)
        Say(string.Create(CultureInfo.InvariantCulture, $"loss {task} {loss:R}"));
    return Hash(adapter is null ? model.named_parameters().Select(p => (p.name, p.parameter)) : adapter.NamedParameters());
}

string Pretrain()
{
    var options = new PretrainingOptions
    {
        SequenceTokens = 16,
        BatchTokens = 64,
        MicroBatchTokens = 32,
        TotalTokens = 64 * Number("updates", 40),
        RepeatShare = 0.5,
        ValidationSequences = 2,
        CheckpointInterval = interval,
        Seed = Number("seed", 3),
    };
    var corpus = given["path"] + ".corpus";
    if (!File.Exists(corpus))
    {
        ushort[] ids = [.. Enumerable.Range(0, 2000).Select(i => (ushort)(i * i % 311))];
        File.WriteAllBytes(corpus, MemoryMarshal.AsBytes(ids.AsSpan()).ToArray());
    }

    using var pretrainer = new Pretrainer(model, TokenFile.Read(corpus), options, given["path"]);
    pretrainer.Run(_ => Report(null), sentence => Report(sentence), CancellationToken.None);
    return Hash(model.named_parameters().Select(p => (p.name, p.parameter)));
}

void Report(string? sentence)
{
    if (sentence is not null)
    {
        Say($"event {sentence}");
        return;
    }

    Say($"update {++updates}");
    if (updates == Number("full-disk-from", 0))
        ProcessLimits.LimitFiles(1000);
    if (updates == Number("full-disk-to", 0))
        ProcessLimits.FreeFiles();
}

static string Hash(IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> weights)
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    foreach (var (_, parameter) in weights.OrderBy(weight => weight.Name, StringComparer.Ordinal))
        hash.AppendData(parameter.bytes);
    return Convert.ToHexStringLower(hash.GetHashAndReset());
}

// What .NET loads the first time must not be what the memory is missing for: so everything happens once before.
void TakeMemoryAway(long megabytes)
{
    var wanted = new Dictionary<string, string>(given);
    (given["path"], given["updates"], given["batch"], isQuiet) = (given["path"] + "-before", "2", "4", true);
    FineTune(withAdapter: false);
    foreach (var (name, value) in wanted)
        given[name] = value;
    model.Initialize(Number("seed", 3));
    (isQuiet, updates) = (false, 0);
    ProcessLimits.LimitMemory((ulong)megabytes << 20);
}

void Say(string line)
{
    if (isQuiet)
        return;
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}
