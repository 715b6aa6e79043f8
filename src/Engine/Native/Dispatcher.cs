using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Native;

/// <summary>
/// Calls operators of libtorch that TorchSharp has no name for, through libtorch's stable C interface
/// (torch/csrc/stable/c/shim.h and torch/csrc/inductor/aoti_torch/c/shim.h of https://github.com/pytorch/pytorch).
/// </summary>
/// <remarks>
/// A stack holds the arguments, 64 bits each, in the operator's order; results take their place. Handles in it are owned by the call: tensors are
/// passed as new handles to the same tensor. Where the interface is missing (<see cref="IsAvailable"/>), callers have a plain way.
/// </remarks>
internal static unsafe class Dispatcher
{
    private static readonly Exports? Native = Load();

    /// <summary>Whether the loaded libtorch has the interface; only looked for on Linux.</summary>
    public static bool IsAvailable => Native is not null;

    /// <summary>Nothing, for an optional argument.</summary>
    public static ulong None => 0;

    /// <summary>Calls an operator.</summary>
    /// <param name="name">For instance "aten::_fused_adamw_".</param>
    /// <param name="overload">Its overload, often "".</param>
    /// <param name="stack">Arguments, replaced by results; used up by the call.</param>
    /// <exception cref="InvalidOperationException">libtorch has no such interface, or refused the call; what it said is on standard error.</exception>
    public static void Call(string name, string overload, Span<ulong> stack)
    {
        fixed (byte* nameBytes = Encoding.UTF8.GetBytes(name + "\0"), overloadBytes = Encoding.UTF8.GetBytes(overload + "\0"))
        fixed (ulong* values = stack)
            Check(Found().Call(nameBytes, overloadBytes, values), name);
    }

    /// <summary>A tensor argument.</summary>
    public static ulong Tensor(Tensor tensor)
    {
        nint handle;
        Check(Found().NewHandle(tensor.Handle, &handle), "aoti_torch_new_tensor_handle");
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    /// <summary>A tensor that may be left out.</summary>
    public static ulong Optional(Tensor? tensor)
    {
        if (tensor is null)
            return None;
        // The callee frees it with C++'s delete, which on Linux is malloc's partner.
        var place = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *place = Tensor(tensor);
        return (ulong)place;
    }

    /// <summary>A list of tensors.</summary>
    public static ulong List(IReadOnlyList<Tensor> tensors)
    {
        nint list;
        Check(Found().NewList((nuint)tensors.Count, &list), "torch_new_list_reserve_size");
        foreach (var tensor in tensors)
            Check(Found().Append(list, Tensor(tensor)), "torch_list_push_back");
        return (ulong)list;
    }

    /// <summary>A floating-point argument.</summary>
    public static ulong Number(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>A yes-or-no argument.</summary>
    public static ulong Flag(bool value) => value ? 1UL : 0;

    private static Exports Found() => Native ?? throw new InvalidOperationException($"This libtorch has no stable C interface; ask {nameof(Dispatcher)}.{nameof(IsAvailable)} first.");

    private static void Check(int error, string what)
    {
        if (error != 0)
            throw new InvalidOperationException($"libtorch refused {what} (error {error}); what it said is on standard error.");
    }

    private static Exports? Load()
    {
        if (!OperatingSystem.IsLinux())
            return null;

        // TorchSharp loads its libtorch first; by its bare name the loader then finds that one and no other.
        _ = get_num_threads();
        if (!NativeLibrary.TryLoad("libtorch_cpu.so", out var library))
            return null;
        string[] names = ["aoti_torch_call_dispatcher", "aoti_torch_new_tensor_handle", "torch_new_list_reserve_size", "torch_list_push_back"];
        var found = new nint[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (!NativeLibrary.TryGetExport(library, names[i], out found[i]))
                return null;
        }

        return new Exports(found[0], found[1], found[2], found[3]);
    }

    private sealed class Exports(nint call, nint newHandle, nint newList, nint append)
    {
        public delegate* unmanaged<byte*, byte*, ulong*, int> Call => (delegate* unmanaged<byte*, byte*, ulong*, int>)call;

        public delegate* unmanaged<nint, nint*, int> NewHandle => (delegate* unmanaged<nint, nint*, int>)newHandle;

        public delegate* unmanaged<nuint, nint*, int> NewList => (delegate* unmanaged<nuint, nint*, int>)newList;

        public delegate* unmanaged<nint, ulong, int> Append => (delegate* unmanaged<nint, ulong, int>)append;
    }
}
