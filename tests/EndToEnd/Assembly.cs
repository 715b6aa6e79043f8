using Xunit.Sdk;
using Xunit.v3;

// Each platform has three processes and trains: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
