using System.Runtime.CompilerServices;
using Platform.Engine.Native;

namespace Platform.Engine.Tests;

/// <summary>The models of the tests are so small that a second thread only costs.</summary>
internal static class TestThreads
{
    [ModuleInitializer]
    internal static void UseOne() => TorchRuntime.Initialize(threads: 1);
}
