using Spectre.Console;

namespace Platform.MethodBench;

/// <summary>All arms of a suite, one after the other; what is in the results file already is not run again.</summary>
internal sealed class Bench
{
    private readonly string _root;
    private readonly Suite _suite;
    private readonly int _seeds;
    private readonly Results _results;
    private readonly Machine _machine;

    public Bench(string root, Suite suite, int seeds)
    {
        (_root, _suite, _seeds) = (root, suite, seeds);
        _results = Results.Load(Path.Combine(root, "bench", "method", "results.jsonl"));
        _machine = Machine.Here(Path.Combine(root, "models", "base"));
    }

    public async Task RunAsync(string bundles, string data, CancellationToken cancellationToken)
    {
        var open = (from seed in _suite.Seeds.Take(_seeds)
                    from arm in _suite.Arms
                    where _results.Find(_suite.Name, arm.Name, seed, _suite.HashOf(arm, seed)) is null
                    select (Arm: arm, Seed: seed)).ToList();
        if (open.Count == 0)
            return;
        var limited = Path.Combine(data, "bundles");
        _suite.Prepare(bundles, limited);
        await using var product = await Product.StartAsync(_root, data, cancellationToken);
        await product.CallAsync(["import", limited, "--team", "bench"], cancellationToken);
        await AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                foreach (var (arm, seed) in open)
                    await RunAsync(product, limited, arm, seed, context.AddTask(Markup.Escape($"{arm.Name} {seed}")), cancellationToken);
            });
    }

    public void Report()
    {
        var run = new Report(_suite, _results, seed => _suite.HashOf(_suite.Arms[0], seed));
        AnsiConsole.WriteLine(run.Text());
        run.WriteInto(Path.Combine(_root, "docs", "experiments.md"));
    }

    private async Task RunAsync(Product product, string bundles, Arm arm, int seed, ProgressTask bar, CancellationToken cancellationToken)
    {
        var run = new ArmRun(_suite, product, _machine);
        var (result, single, version) = await run.DoAsync(arm, seed, bar, cancellationToken);
        if (_results.Find(_suite.Name, Results.SingleTask, seed, single.Hash) is null)
            _results.Add(single);
        _results.Add(result);
        if (arm == _suite.Arms[0] && !_results.Overheads.Any(overhead => overhead.Suite == _suite.Name && overhead.Hash == _suite.HashOf(arm, _suite.Seeds[0])))
        {
            bar.Description = Markup.Escape($"{arm.Name} {seed} · one server against {_suite.TrainRows.Count}");
            _results.Add(await new Serving(bundles, [.. _suite.TrainRows.Keys], product).MeasureAsync(_suite.Name, _suite.HashOf(arm, _suite.Seeds[0]), _machine, version, cancellationToken));
        }
    }
}
