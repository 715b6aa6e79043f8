using System.Security.Cryptography;
using System.Text;

namespace Platform.Method;

/// <summary>The base model that a run names.</summary>
public static class BaseModelFolder
{
    private static readonly string[] Parts = ["config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json"];

    /// <summary>Over the names and contents of the files that decide how the model answers.</summary>
    /// <exception cref="InvalidDataException">The folder holds no base model.</exception>
    public static async Task<string> HashAsync(string folder, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")))
            throw new InvalidDataException($"There is no base model in '{folder}' (config.json is missing). Put a Hugging Face folder there, or set Platform__BaseModelPath to one, and try the run again.");
        using var total = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Parts.SelectMany(part => Directory.GetFiles(folder, part)).Distinct().Order(StringComparer.Ordinal))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            total.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\n{stream.Length}\n{hash}\n"));
        }

        return Convert.ToHexStringLower(total.GetHashAndReset());
    }
}
