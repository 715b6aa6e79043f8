using System.Diagnostics;
using System.Globalization;
using Platform.TokenizerBench;

const string Usage = """
    Compares the engine's tokenizer with Hugging Face's library (npm installs it, and the published tokenizer.json files, on the first run).
      parity [--texts 20000] [--seed 1] [NAME ...]    the same token ids and the same text for random and adversarial texts and every code point
      speed  [--rounds 15] [NAME ...]                 encoding speed on one thread, both in one run
      constraints [--rounds 15] [NAME ...]            what constrained decoding and sampling cost beside a model, for these vocabularies
    NAME: variants (published files with other settings; or one of them),
          qwen3 llama3 llama3_1 llama2 gpt2 gemma gemma3 gemini deepseek_v3 gpt35turbo gpt4o gptoss; all of them when none is given.
    """;
string[] all = ["qwen3", "llama3", "llama3_1", "llama2", "gpt2", "gemma", "gemma3", "gemini", "deepseek_v3", "gpt35turbo", "gpt4o", "gptoss"];

var options = new Dictionary<string, int> { ["--texts"] = 20_000, ["--rounds"] = 15, ["--seed"] = 1 };
var names = new List<string>();
for (var i = 1; i < args.Length; i++)
{
    if (options.ContainsKey(args[i]) && i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var value))
        options[args[i++]] = value;
    else
        names.Add(args[i]);
}

if (args is not ["parity" or "speed" or "constraints", ..] || names.Except([.. all, "variants", .. Variants.Names]).Any())
{
    Console.Error.WriteLine(Usage);
    return 2;
}

if (NodePackages.Folder is null)
{
    Console.Error.WriteLine($"Hugging Face's library could not be installed with npm: {NodePackages.Problem}");
    return 1;
}

if (args[0] == "speed")
{
    Speed.Run(Repository(), names.Count > 0 ? names : all, options["--rounds"]);
    return 0;
}

if (args[0] == "constraints")
{
    Constraining.Run(names.Count > 0 ? names : ["qwen3", "llama3", "llama2"], options["--rounds"]);
    return 0;
}

var failed = 0;
var folder = Directory.CreateTempSubdirectory("platform-variants-").FullName;
foreach (var name in names.Count > 0 ? names : ["variants", .. all])
{
    foreach (var title in name == "variants" ? Variants.Names : [name])
    {
        var file = Variants.Names.Contains(title) ? Variants.Write(title, folder) : NodePackages.TokenizerFile(title);
        var clock = Stopwatch.StartNew();
        var (compared, differences) = Parity.Compare(file, options["--texts"], eachCodePoint: Variants.Names.Contains(title) ? 7 : 1, options["--seed"]);
        Console.WriteLine($"{title,-22} {compared} compared, {differences.Count} different ({clock.Elapsed.TotalSeconds:F0} s)");
        foreach (var difference in differences.Take(5))
            Console.WriteLine("    " + difference);
        failed += differences.Count;
    }
}

Directory.Delete(folder, recursive: true);
return failed == 0 ? 0 : 1;

static string Repository()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        folder = folder.Parent;
    return folder?.FullName ?? throw new InvalidOperationException("Run this from a build inside the repository.");
}
