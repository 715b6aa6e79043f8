using System.Globalization;
using Platform.CapacityModel;

// Which part saturates first under a wanted load, what it costs, what to change. See inputs.json.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length > 2 || args.Contains("--help"))
{
    Console.Error.WriteLine("Usage: [INPUTS.json [EXPERIMENTS.md]]   (default: bench/capacity/inputs.json and docs/experiments.md)");
    return 2;
}

var inputs = Inputs.Read(args.ElementAtOrDefault(0) ?? "bench/capacity/inputs.json");
var problems = inputs.NotIn(args.ElementAtOrDefault(1) ?? "docs/experiments.md").ToList();
if (problems.Count > 0)
{
    problems.ForEach(Console.Error.WriteLine);
    return 1;
}

var model = new Model(inputs);
var parts = model.Parts();
Console.WriteLine("Wanted: " + string.Join(", ", inputs.Wanted.Select(wanted => $"{wanted.Value.Value:N0} {wanted.Value.Unit}")) + ".");
Console.WriteLine("Assumed: " + string.Join(", ", inputs.Assumptions.Select(assumed => $"{assumed.Value.Value:#,0.####} {assumed.Value.Unit}")) + ".\n");
Console.WriteLine("There can only be one of it; at 1.0 it is saturated:\n\n| part | load | what it gives | saturation | full at, requests a day | USD a month | what to change |\n|---|---|---|---:|---:|---:|---|");
foreach (var part in parts.Where(part => !part.CanBeMany).OrderByDescending(part => part.Needed))
    Console.WriteLine($"| {part.Name} | {part.Load} | {part.One} | {part.Needed:N1} | {(part.GrowsWithRequests ? $"{model.RequestsPerDayAtLimit(part):N0}" : "")} | {part.MonthlyDollars:N0} | {part.Change} |");
Console.WriteLine("\nMore of it helps:\n\n| part | load | what one gives | needed | USD a month | what to change |\n|---|---|---|---:|---:|---|");
foreach (var part in parts.Where(part => part.CanBeMany))
    Console.WriteLine($"| {part.Name} | {part.Load} | {part.One} | {part.Needed:N1} | {part.MonthlyDollars:N0} | {part.Change} |");
return 0;
