using Platform.Engine.Native;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Parts;
using Platform.EngineBench.Peers;

namespace Platform.EngineBench;

/// <summary>One run: the parts that were asked for, size after size, then the tables.</summary>
internal sealed class Benchmark(IReadOnlyList<string> parts, IReadOnlyList<string> sizes, Settings settings, string folder, TextWriter output)
{
    public const string Tokenizer = "models/base";

    public static IReadOnlyList<string> Parts { get; } = [Ceilings.Name, Prefill.Name, Decode.Name, Classification.Name, Training.Name, Curves.Name];

    /// <summary>What is measured only when it is named, because it needs a CUDA device.</summary>
    public static string Optional => Gpu.Name;

    public int Run()
    {
        if (sizes.FirstOrDefault(size => Shape.All.All(s => s.Name != size)) is { } unknown)
        {
            Console.Error.WriteLine($"--sizes: {unknown} is not known; choose among {string.Join(", ", Shape.All.Select(s => s.Name))}.");
            return 2;
        }

        TorchRuntime.Initialize();
        Directory.CreateDirectory(folder);
        var chosen = parts.Count > 0 ? parts : Parts;
        var identity = $"{Path.GetFileName(Environment.ProcessPath)} {Build()} quick={settings.Quick}";
        var results = ResultFile.Open(Path.Combine(folder, settings.Quick ? "quick.jsonl" : "full.jsonl"), identity);
        var session = new Session(settings, results, output);
        session.Tell(Machine.Describe());
        var llama = chosen.Any(part => part != Gpu.Name) && LoadLlama(session);
        if (chosen.Contains(Gpu.Name) && !Gpu.IsHere(Console.Error))
            return 1;
        if (chosen.Contains(Ceilings.Name))
            Ceilings.Run(session);
        foreach (var shape in Shape.All.Where(s => sizes.Contains(s.Name)))
        {
            using var engines = new EngineSet(shape, Path.Combine(folder, "models"), Tokenizer, llama);
            Measure(session, engines, chosen);
            if (chosen.Contains(Curves.Name) && shape.Name == sizes[0])
                Curves.Run(session, engines, folder);
        }

        foreach (var shape in Shape.All.Where(s => sizes.Contains(s.Name) && chosen.Contains(Gpu.Name)))
            Gpu.Run(session, RandomModel.Create(shape, Path.Combine(folder, "models"), Tokenizer), LoadWorkload());

        // With nothing else in memory.
        foreach (var shape in Shape.All.Where(s => sizes.Contains(s.Name) && chosen.Contains(Training.Name)))
        {
            session.Tell(TorchPeer.Version is { } version ? $"PyTorch {version}" : "PyTorch does not take part: Debian's package python3-torch is not installed");
            Training.Run(session, RandomModel.Create(shape, Path.Combine(folder, "models"), Tokenizer), LoadWorkload());
        }

        session.Tell(Machine.Describe());
        Print(session, chosen);
        if (parts.Count == 0)
            results.Close();
        return 0;
    }

    private static void Measure(Session session, EngineSet engines, IReadOnlyList<string> chosen)
    {
        if (chosen.Contains(Prefill.Name) || chosen.Contains(Decode.Name))
            Prefill.Check(session, engines);
        if (chosen.Contains(Prefill.Name))
            Prefill.Run(session, engines);
        if (chosen.Contains(Decode.Name))
            Decode.Run(session, engines);
        if (chosen.Contains(Classification.Name))
            Classification.Run(session, engines);
    }

    private static Workload LoadWorkload() => new(Engine.Tokenization.Tokenizer.Load(Tokenizer));

    private static string Build() => typeof(Benchmark).Module.ModuleVersionId.ToString()[..8] + typeof(TorchRuntime).Module.ModuleVersionId.ToString()[..8];

    private bool LoadLlama(Session session)
    {
        var (libraries, problem) = NpmPackage.Install(Path.GetFullPath(Path.Combine(folder, "peers")));
        if (libraries is null)
        {
            session.Tell($"llama.cpp does not take part: {problem}");
            return false;
        }

        LlamaLibrary.Load(libraries);
        session.Tell(LlamaLibrary.Describe());
        return true;
    }

    private void Print(Session session, IReadOnlyList<string> chosen)
    {
        foreach (var part in chosen)
        {
            foreach (var group in session.Results.Where(r => r.Part == part).GroupBy(r => r.Unit))
            {
                output.WriteLine($"\n### {part}\n\nMedians (the middle half of the rounds):\n\n{Table.Rates([.. group])}");
                if (Table.Ratios([.. group]) is { Length: > 0 } ratios)
                    output.WriteLine($"Ratios round by round: median (least to most; median by processor time):\n\n{ratios}");
            }
        }

        if (Shares.Markdown(session.Results) is { Length: > 0 } shares)
            output.WriteLine($"\n### share of the ceilings (layers' matrix products; weights read)\n\n{shares}");
    }
}
