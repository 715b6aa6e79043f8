using System.Globalization;
using Platform.Engine.Native;
using Platform.TrainingBench;

// The parts and options of fine-tuning against each other, in one process and in turns.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
TorchRuntime.Initialize(threads: 1); // with one thread the processor time says how much work it is, whatever else runs
switch (args)
{
    case ["optimizer"]:
        OptimizerBench.Run(Console.Out);
        return 0;
    case ["options", .. var bundles] when bundles.Length > 0:
        new OptionsBench(bundles).Compare(examples: 192, rounds: 3, Console.Out);
        return 0;
    case ["curve", var examples, .. var bundles] when bundles.Length > 0 && int.TryParse(examples, out var count):
        new OptionsBench(bundles).Curves(count, Console.Out);
        return 0;
    default:
        Console.Error.WriteLine("Usage: optimizer | options BUNDLE... | curve EXAMPLES BUNDLE...   (from the repository's root; bundles for instance samples/bookings/booking-intent)");
        return 2;
}
