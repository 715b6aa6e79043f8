using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace Platform.Domain.Sampling;

/// <summary>
/// Encrypts what was said with the key ring that all hosts share. The task is part of it: a row that was copied to another task's cannot be
/// read there.
/// </summary>
public sealed class SampleProtection(IDataProtectionProvider protection)
{
    private const string Purpose = "Platform.Samples.v1";

    public byte[] Protect(Guid taskId, SampleText content) => Protector(taskId).Protect(JsonSerializer.SerializeToUtf8Bytes(content));

    /// <returns>Null when the key is gone, or the row was changed.</returns>
    public SampleText? Unprotect(Guid taskId, byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize<SampleText>(Protector(taskId).Unprotect(content));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(Guid taskId) => protection.CreateProtector(Purpose, taskId.ToString("N"));
}
