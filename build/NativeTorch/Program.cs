using Platform.NativeTorch;

const string version = "GLIBCXX_3.4.32";

if (args.Length != 1 || args[0] is "-h" or "--help")
{
    Console.Error.WriteLine("usage: Platform.NativeTorch FOLDER    makes FOLDER/libLibTorchSharp.so loadable on systems whose libstdc++ is older than GCC 13's");
    return args.Length == 1 ? 0 : 2;
}

var path = Path.Combine(args[0], "libLibTorchSharp.so");
if (!File.Exists(path) || SystemLibstdcxx.Defines(version))
    return 0;

if (GlibcxxRequirement.Relax(File.ReadAllBytes(path), version) is not { } relaxed)
    return 0;

// The file may be a hard link into the package cache, so a new file takes its place; it is never written in place.
var temporary = path + "." + Environment.ProcessId;
File.WriteAllBytes(temporary, relaxed);
if (!OperatingSystem.IsWindows())
    File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
File.Move(temporary, path, overwrite: true);
Console.WriteLine($"{path}: the requirement of {version} is now weak");
return 0;
