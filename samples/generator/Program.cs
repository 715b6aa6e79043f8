using Platform.Samples.Generator;

// dotnet run --project samples/generator             writes the sample workspace anew
// dotnet run --project samples/generator -- --check  writes nothing; fails when the files are not what the generator gives
var samples = Folder("samples/generator/generator.csproj");
var checkOnly = args.Contains("--check");
if (args.Any(a => a != "--check"))
{
    Console.Error.WriteLine("Unknown argument. Use no argument to write the samples, or --check to compare them.");
    return 2;
}

var problems = new List<string>();
foreach (var (path, bytes) in Workspace.Generate(Path.Combine(samples, "generator", "tasks")))
{
    var file = Path.Combine(samples, path);
    if (checkOnly)
    {
        if (!File.Exists(file) || !File.ReadAllBytes(file).AsSpan().SequenceEqual(bytes))
            problems.Add($"{path}: differs from what the generator gives; run it without --check");
        continue;
    }

    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllBytes(file, bytes);
}

problems.AddRange(new Check(samples).Problems());
foreach (var problem in problems) Console.Error.WriteLine(problem);
Console.WriteLine(problems.Count == 0 ? "The sample workspace is complete and consistent." : $"{problems.Count} problems.");
return problems.Count == 0 ? 0 : 1;

static string Folder(string marker)
{
    for (var at = new DirectoryInfo(Environment.CurrentDirectory); at is not null; at = at.Parent)
        if (File.Exists(Path.Combine(at.FullName, marker)))
            return Path.Combine(at.FullName, "samples");
    throw new DirectoryNotFoundException("Run this inside the repository: no samples/generator found here or above.");
}
